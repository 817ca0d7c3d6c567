"""Store and chain kept in step: the outbox goes up, the feed comes down.

`core.py` is a pure state machine without I/O (truths 2 and 7), proven by simulation; `client.py` (store) and `api.py`
(chain) are the thin shells that run it over HTTP. The store calls; the chain never contacts a store.
"""
