"""What devices call: enrolment, state, prices, staff, the journal, receipts (docs/formats/pos-api.md).

Every call bears a proof signed by the device's key. The journal is open even to revoked devices, since a finished sale
is never refused.
"""
