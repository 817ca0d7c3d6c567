"""`butik demo`: a chain, its stores and the POS app's host as real, separate processes, and a street outside.

Read first: `plan.py` (which services), then `run.py` (in which order). Everything that a service knows it was told by
its own commands and actions (`hands.py`, run inside that service's settings) or over its own wire.
"""
