"""What just happened, for pages and devices that look on: events with a cursor, streamed with replay (SSE).

Words: an *event* says that something of a *topic* is new, and where; it carries ids, never private text: who receives
it fetches what it may see through the gatekeeper. A *cursor* is a place in the events (`cursors.py`); a page bears the
cursor of its own state, so that state + events = fresh state. A *reach* says whose events somebody may be told of.
Read first: `actions.py`, `tail.py`, `hub.py`, `stream.py`. Knows no people and no devices: `serving.viewers` does.
Never: announce outside the transaction of the act; put a name, a text or an amount into an event.
"""
