"""Pure building blocks without models: identity, signatures, money, VAT, barcodes, time, the database gate.

Nothing here knows a table, a request or a role. Everything is small enough to be read at once, and what the POS app
must compute too (money, VAT, barcodes, signatures) is held equal to it by the vectors in `tests/vectors`.
"""
