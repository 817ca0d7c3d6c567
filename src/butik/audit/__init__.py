"""Who did what, when: one line for each act, never changed and never deleted (truth 14).

Public: `record` (called by every action inside its transaction), `AuditEntry` for reading.
Never: personal values in `data`; a person is there by pseudonym (an id), nothing else.
"""
