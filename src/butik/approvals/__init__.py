"""What one person asks for and another one confirms: by whom, what exactly, until when, and what became of it.

Public: `models.Approval`, `actions` (ask, confirm, refuse, withdraw, cancel, start_due, finish), `rules.NotAllowed`.
Never: decide what is asked for, or carry it out; that is the asking app's.
"""
