"""What just happened, for pages and devices that look on: events with a cursor, streamed with replay (SSE).

An event carries ids, never private text: who receives it fetches what it may see through the gatekeeper. Events are
written in the transaction of the act; `/live/` (Starlette, `stream.py`) tails the table. A lost connection resumes
from its cursor and loses nothing.
"""
