"""One task that follows the tail, and everybody who listens. Knows neither HTTP nor people."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from butik.live.cursors import Cursor
from butik.live.reach import Event, Reach, merge
from butik.live.tail import Batch, Tail

EACH = 2  # streams of one session or device at a time
WAITING = 500  # events that a slow listener may leave unread before it is told to begin afresh
REACHES_CHANGE = frozenset({"staff", "enrolment", "revoked"})
LONGEST_PAUSE = 5.0

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Subscription:
    """A listener's place. Full or not, putting never waits; `is_lost` says that something had to be left out."""

    reach: Reach
    cursor: Cursor | None = None
    is_lost: bool = False
    is_retired: bool = False  # its owner has opened others since
    reach_is_old: bool = False
    _events: list[Event] = field(default_factory=list)
    _replayed: frozenset[int] = frozenset()
    _batches_to_compare: int = 0
    _something: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, batch: Batch) -> None:
        mine = [each for each in batch.events if self.reach.covers(each) and each.id not in self._replayed]
        self.reach_is_old |= any(each.topic in REACHES_CHANGE for each in mine)
        self._events = merge([*self._events, *mine])
        self.cursor = batch.cursor
        if self._batches_to_compare:
            self._batches_to_compare -= 1
        else:
            self._replayed = frozenset()
        if len(self._events) > WAITING:
            self.lose()
        elif mine:
            self._something.set()

    def put_replay(self, batch: Batch) -> None:
        """What was missed comes before what was heard meanwhile, and nothing of it twice."""
        self._replayed = frozenset(each.id for each in batch.events)
        # a batch may be on its way that is older than the replay, and the one behind it may begin before its end
        self._batches_to_compare = 2
        missed = [each for each in batch.events if self.reach.covers(each)]
        self._events = merge([*missed, *(each for each in self._events if each.id not in self._replayed)])
        self.cursor = min(self.cursor or batch.cursor, batch.cursor, key=lambda cursor: cursor.place)
        if self._events:
            self._something.set()

    def retire(self) -> None:
        self.is_retired = True
        self._something.set()

    def lose(self) -> None:
        self._events, self.is_lost = [], True
        self._something.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there is something to take."""
        try:
            async with asyncio.timeout(seconds):
                await self._something.wait()
        except TimeoutError:
            return False
        return True

    @property
    def settled(self) -> Cursor | None:
        """The cursor, once everything before it was taken."""
        return None if self._events else self.cursor

    def take(self) -> list[Event]:
        events, self._events = [each for each in self._events if self.reach.covers(each)], []
        self._something.clear()
        return events


class Hub:
    def __init__(self, tail: Tail, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._tail = tail
        self._monotonic = monotonic
        self._subscriptions: set[Subscription] = set()
        self._seen_at = monotonic()
        self._of_each: dict[str, list[Subscription]] = {}

    @property
    def listeners(self) -> int:
        return len(self._subscriptions)

    @property
    def unseen_for(self) -> float:
        """Seconds since the events were last read. A tail comes back at least once a second, with or without any."""
        return self._monotonic() - self._seen_at

    def organisations(self) -> frozenset[UUID]:
        return frozenset().union(*(each.reach.organisations for each in self._subscriptions))

    async def run(self) -> None:
        """Follow the tail for ever. A database that is away for a while costs nobody an event."""
        failures = 0
        while True:
            try:
                batch = await self._tail.follow(self.organisations)
                failures, self._seen_at = 0, self._monotonic()
            except Exception:
                failures += 1
                log.warning("The events cannot be read; trying again.", exc_info=failures == 1)
                await asyncio.sleep(min(LONGEST_PAUSE, 0.2 * 2**failures))
                continue
            for subscription in self._subscriptions:
                subscription.put(batch)

    @contextmanager
    def listening(self, reach: Reach, owner: str) -> Iterator[Subscription]:
        """A place among the listeners. Of more than a few of one owner the oldest goes: it may be a line that broke."""
        subscription = Subscription(reach)
        mine = self._of_each.setdefault(owner, [])
        for oldest in mine[: len(mine) + 1 - EACH]:
            oldest.retire()
        mine[:] = [*(each for each in mine if not each.is_retired), subscription]
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            mine[:] = [each for each in mine if each is not subscription]
            if not mine and self._of_each.get(owner) is mine:
                del self._of_each[owner]

    async def resume(self, subscription: Subscription, after: Cursor | None) -> None:
        """Tell what came after a cursor. The subscription stands already, so nothing falls between."""
        batch = await self._tail.replay(after, subscription.reach.organisations) if after else None
        if batch:
            subscription.put_replay(batch)
            return
        subscription.cursor = subscription.cursor or await self._tail.now()
        if after:
            subscription.lose()
