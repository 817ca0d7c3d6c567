"""Fan-out, on a tail that the test holds in its hand."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from butik.lib.ids import new_id
from butik.live.cursors import Cursor
from butik.live.hub import EACH, WAITING, Hub, Subscription
from butik.live.reach import Event, Place, Reach
from butik.live.tail import Batch

HERE, ELSEWHERE = new_id(), new_id()
REACH = Reach(frozenset({Place(HERE)}))


def event(number: int, organisation: UUID = HERE, topic: str = "sales") -> Event:
    return Event(number, organisation, None, None, topic, str(number))


def batch(*numbers: int, cursor: int = 0, **values: str) -> Batch:
    return Batch([event(each, **values) for each in numbers], Cursor("e", cursor or max(numbers)))  # type: ignore[arg-type]


class Script:
    """A tail that comes with what it is given, and asks for organisations when it comes."""

    def __init__(self, replayed: Batch | None = None) -> None:
        self.coming: asyncio.Queue[Batch | Exception] = asyncio.Queue()
        self.replayed = replayed
        self.asked: list[frozenset[UUID]] = []

    async def follow(self, organisations: Callable[[], frozenset[UUID]]) -> Batch:
        came = await self.coming.get()
        if isinstance(came, Exception):
            raise came
        self.asked.append(organisations())
        return came

    async def replay(self, cursor: Cursor, organisations: frozenset[UUID]) -> Batch | None:
        return self.replayed

    async def now(self) -> Cursor:
        return Cursor("e", 7)

    async def close(self) -> None: ...


def heard(subscription: Subscription) -> list[int]:
    return [each.id for each in subscription.take()]


def test_each_listener_gets_its_own_and_the_tail_looks_only_for_those_who_listen() -> None:
    async def scenario() -> None:
        tail = Script()
        hub = Hub(tail)
        running = asyncio.create_task(hub.run())
        with hub.listening(REACH, "one") as one:
            tail.coming.put_nowait(Batch([event(1), event(2, ELSEWHERE)], Cursor("e", 2)))
            assert await one.wait(5)
            assert heard(one) == [1]
            assert one.settled == Cursor("e", 2)
            with hub.listening(Reach(frozenset({Place(ELSEWHERE)})), "two") as two:
                tail.coming.put_nowait(Batch([event(3, ELSEWHERE)], Cursor("e", 3)))
                assert await two.wait(5)
                assert (heard(one), heard(two)) == ([], [3])
        tail.coming.put_nowait(Batch([], Cursor("e", 4)))
        while len(tail.asked) < 3:
            await asyncio.sleep(0)
        assert tail.asked == [{HERE}, {HERE, ELSEWHERE}, frozenset()]
        running.cancel()

    asyncio.run(scenario())


def test_a_database_that_is_away_is_waited_for() -> None:
    async def scenario() -> None:
        tail = Script()
        hub = Hub(tail)
        running = asyncio.create_task(hub.run())
        with hub.listening(REACH, "one") as one:
            tail.coming.put_nowait(OSError("gone"))
            tail.coming.put_nowait(batch(1))
            assert await one.wait(5)
            assert heard(one) == [1]
        running.cancel()

    asyncio.run(scenario())


def test_a_hub_knows_how_long_it_has_seen_nothing() -> None:
    """So that nobody is told that all is well while the events cannot be read."""

    async def scenario() -> list[float]:
        clock = [100.0]
        tail = Script()
        hub = Hub(tail, monotonic=lambda: clock[0])
        running = asyncio.create_task(hub.run())
        seen = []
        with hub.listening(REACH, "one") as one:
            for coming, at in ((OSError("gone"), 130.0), (batch(1), 131.0)):
                clock[0] = at
                tail.coming.put_nowait(coming)
                await one.wait(1)
                seen.append(hub.unseen_for)
        running.cancel()
        return seen

    assert asyncio.run(scenario()) == [30.0, 0.0]


def test_what_was_missed_comes_first_and_nothing_twice() -> None:
    """Whichever order the replay and the batches that overlap with it happen to come in."""

    async def scenario() -> None:
        hub = Hub(Script(replayed=batch(1, 2, 3)))
        with hub.listening(REACH, "one") as one:
            one.put(batch(2, 3, 4))
            await hub.resume(one, Cursor("e", 0))
            assert one.settled is None
            assert heard(one) == [1, 2, 3, 4]
            one.put(batch(3, 5))
            one.put(batch(3, 6))
            assert heard(one) == [5, 6]
            one.put(batch(7))
            assert heard(one) == [7]
            assert one.settled == Cursor("e", 7)

    asyncio.run(scenario())


def test_a_cursor_never_stands_behind_something_untold() -> None:
    async def scenario() -> None:
        hub = Hub(Script(replayed=batch(1, cursor=9)))
        with hub.listening(REACH, "one") as one:
            one.put(batch(5))
            await hub.resume(one, Cursor("e", 0))
            assert one.settled is None
            assert heard(one) == [1, 5]
            assert one.settled == Cursor("e", 5)

    asyncio.run(scenario())


def test_who_cannot_be_told_what_was_missed_begins_afresh() -> None:
    async def scenario() -> None:
        hub = Hub(Script(replayed=None))
        with hub.listening(REACH, "one") as one:
            await hub.resume(one, Cursor("e", 1))
            assert await one.wait(0)
            assert one.is_lost
            assert one.settled == Cursor("e", 7)

    asyncio.run(scenario())


def test_a_slow_listener_begins_afresh_and_holds_up_nobody() -> None:
    async def scenario() -> None:
        hub = Hub(Script())
        with hub.listening(REACH, "one") as one:
            one.put(batch(*range(1, WAITING + 2)))
            assert one.is_lost
            assert heard(one) == []

    asyncio.run(scenario())


def test_what_changes_a_reach_is_noticed() -> None:
    one = Subscription(REACH)
    one.put(batch(1))
    assert not one.reach_is_old
    one.put(batch(2, topic="staff"))
    assert one.reach_is_old


def test_of_the_streams_of_one_owner_the_newest_two_go_on() -> None:
    async def scenario() -> None:
        hub = Hub(Script())
        with ExitStack() as stack:
            streams = [stack.enter_context(hub.listening(REACH, "alice")) for _ in range(EACH + 3)]
            other = stack.enter_context(hub.listening(REACH, "bob"))
            assert [each.is_retired for each in streams] == [True] * 3 + [False] * EACH
            assert await streams[0].wait(10)  # it hears of it at once
            assert not other.is_retired
        assert (hub.listeners, hub._of_each) == (0, {})

    asyncio.run(scenario())
