"""Finished sales: facts that a device has signed (truth 5), receipts, payments, series and their exceptions.

`wire.py` reads a device's records, `journal.py` decides what becomes of each (booked, known, quarantined), `commit.py`
and `ingest.py` are the two hand-written SQL paths (a store's single sale, a chain's batches). What nobody can read is
counted on a person's word (`by_hand.py`). Nothing here is ever refused, edited or deleted.
"""
