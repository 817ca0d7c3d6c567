"""The vault: receives backups into write-only slots, proves each by selling from it in a jail, keeps or deletes.

Public: `models`, `actions` (receive, prove, sweep), `choice` (which backup for a date), `api` (the upload).
Emergency service only. Never: let a store read, list, overwrite, date or delete anything.
"""
