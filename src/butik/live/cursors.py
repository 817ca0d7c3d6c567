"""Cursors: a place in the events, such that whatever it leaves out can be told afterwards.

SQLite has one writer, so ids commit in order: a cursor is the id of the newest event. PostgreSQL's ids can commit out
of order; there it is the oldest transaction still running (xmin): all events of older ones are seen, those of it and
of younger ones are told again after a resume, which does no harm, since an event only says that something is new.
"""

from dataclasses import dataclass
from typing import Any

NOWHERE = "0"


@dataclass(frozen=True, slots=True)
class Cursor:
    epoch: str
    place: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.place}"


def read_cursor(text: str) -> Cursor | None:
    epoch, _, place = text.partition("-")
    if epoch and place.isascii() and place.isdecimal() and len(place) < 20:
        return Cursor(epoch, int(place))
    return None


def short_epoch(epoch: Any) -> str:
    """Of the row in StreamState, as either driver returns it. The random end of a UUIDv7."""
    return str(epoch).replace("-", "")[-8:] if epoch else NOWHERE


# One statement each, so that all columns are of one snapshot: epoch, swept, head.
SQLITE_STATE = """
    SELECT (SELECT epoch FROM live_streamstate WHERE id = 1), (SELECT swept FROM live_streamstate WHERE id = 1),
           coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'live_liveevent'), 0)
"""
POSTGRES_STATE = """
    SELECT (SELECT epoch FROM live_streamstate WHERE id = 1), (SELECT swept FROM live_streamstate WHERE id = 1),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint
"""
