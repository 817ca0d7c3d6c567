"""The error log of a service, and at a chain those of all its stores.

A logging handler keeps warnings and errors as rows, the same one counted instead of repeated; a store's entries travel
to its chain through the outbox. Pages search them.
Never: a secret, a PIN, a card number or a request's body in an entry.
"""
