"""Articles, their barcodes and prices, and how they come in from files.

Words: an *article* has a number (its key in the chain) and a receipt text of at most 30 characters; each change of it
is a *version* that is kept, so that every sale can be priced again as it was (truth 6); a *linked article* (a deposit)
is sold along. An *import* is all or nothing, and what it refuses it lists.
"""
