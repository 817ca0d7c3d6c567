"""A store comes home from an emergency: its controller is rebuilt, the emergency's sales come down, totals agree.

Public: `models`, `actions`, `work` (the job that fetches), and the pages of the store's recovery.
Store services only.
Never: ring up a sale again. Finished sales are imported byte for byte, and importing them again changes nothing.
"""
