"""Pricing: what a sale costs, and the signed price files that devices sell from.

`engine.py` is the reference engine: pure, held equal to the POS app's port by shared vectors. `price_file.py` packs a
store's articles; `actions.py` signs and publishes them, content-addressed and versioned.
"""
