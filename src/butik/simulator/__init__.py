"""A chain to look at and to load: the generated Danish catalogue, till devices, assistants, a card terminal, the demo.

Words: a *catalogue* is made from a seed and comes in through the real import; a *device* speaks the wire formats of
docs/formats as the POS app does, and knows nothing of the services' tables; an *assistant* decides what is sold, when.
Doors: `butik demo`, `butik simulate_terminal`, `butik generate_articles`.
Never: write a row into a service's database behind its own actions, or be imported by an app of a service.
"""
