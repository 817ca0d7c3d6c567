"""Who belongs to whom: organisations (the tenants), their companies, chains, stores, POSs and devices.

Words: an *organisation* is the tenant; a *company* has the VAT number; a *chain* is the unit of prices and of
emergency activation; a *store* has POSs; a *POS* keeps its number for ever while *devices* come and go in it.
The *installation* says which store or chain this very service is.
Public: `models`, `actions`, `tenancy` (the scope of a request), `row_security` (the second lock), `keys`,
`pairing` (a chain with its emergency cloud).
Never: show a row to a person except through `visible_to`.
"""
