"""The tail of the table of events: what has just been committed, and what came after a cursor."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from butik.live.cursors import Cursor
from butik.live.reach import Event

REPLAYED = 2000  # whoever missed more is better off with a fresh page


@dataclass(frozen=True, slots=True)
class Batch:
    """`cursor` stands behind these events and all before them."""

    events: list[Event]
    cursor: Cursor


class Tail(Protocol):
    async def follow(self, organisations: Callable[[], frozenset[UUID]]) -> Batch:
        """Wait a little for something new. May come back with nothing, and with more than these organisations'."""

    async def replay(self, cursor: Cursor, organisations: frozenset[UUID]) -> Batch | None:
        """What came after a cursor, whether followed meanwhile or not; None when that can no longer be said."""

    async def now(self) -> Cursor: ...

    async def close(self) -> None: ...


def can_resume(cursor: Cursor, *, epoch: str, swept: int, head: int) -> bool:
    return cursor.epoch == epoch and swept <= cursor.place <= head


def read_event(row: Iterable[Any]) -> Event:
    """id, organisation, chain, store, topic, ref, as either driver returns them."""
    number, organisation, chain, store, topic, ref = row
    return Event(number, as_uuid(organisation), chain and as_uuid(chain), store and as_uuid(store), topic, ref)


def as_uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
