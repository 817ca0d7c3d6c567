"""A store's backups: made every night and on demand, encrypted to its emergency cloud, put into a write-only slot.

Public: `models`, `actions` (make and upload), `work` (the nightly job). Store services only.
Never: read anything back from the emergency cloud but the signed proof of an earlier backup.
"""
