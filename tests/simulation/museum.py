"""The bug museum: mistakes that others have published, each as a small change of a node or of the world round it.

The simulation must find every one (`tests/soak/test_sync_museum.py`); a harness that cannot is worth nothing. None of
this is reachable from the product.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from butik.sync import core
from butik.sync.core import FeedAnswer, PushAnswer, Receiver
from tests.simulation.nodes import POISON, ChainNode, FeedPage, Item, Pull, Push, StoreNode
from tests.simulation.world import StoreLife, Weather, World


class CursorBeforeAck(StoreNode):
    """Takes items as sent when they leave, and reads from the answer only that there was one."""

    def begin_push(self, exchange: int) -> Push:
        push = super().begin_push(exchange)
        self.sender = replace(self.sender, acked=self.sender.acked + len(push.items))
        return push

    def take_push_answer(self, answer: PushAnswer) -> None:
        acked = self.sender.acked
        super().take_push_answer(replace(answer, acked=acked, uid=self.uid_of(acked)))


class CheckpointBeforeRows(World):
    """The chain keeps its position in one transaction and the rows in a later one (PouchDB 1240)."""

    def chain_takes_push(self, life: StoreLife, push: Push) -> None:
        if self.chain_up:
            number = life.node.number
            receiver, items = core.take_push(self.chain.receiver(number, push.outbox), push.items, follows=push.follows)
            self.chain.receivers[number, push.outbox] = receiver
            self.after(2.0, self.write_rows, self.chain_boot, items)
            answer = core.answer_push(receiver, exchange=push.exchange, epoch=self.chain.epoch)
            self.after(2.5, self.send, life, self.store_takes_answer, life, answer, self.chain_life)

    def write_rows(self, boot: int, items: list[Item]) -> None:
        if boot == self.chain_boot:
            for item in items:
                self.chain.apply(item)


class NeverGoesBack(StoreNode):
    """Believes that what was acknowledged once is there for ever: a server that was rolled back loses it (cht 4146)."""

    def take_push_answer(self, answer: PushAnswer) -> None:
        if answer.acked >= self.sender.acked:
            super().take_push_answer(answer)
        elif answer.exchange == self.sender.exchange:
            self.sender = replace(self.sender, exchange=0)


class IgnoresFeedEpoch(ChainNode):
    """Goes on behind the reader's position whatever history that position is of."""

    def read_feed(self, store: int, pull: Pull) -> tuple[int, int, list[tuple[int, str]]]:
        head = self.head
        cursor = replace(pull.cursor, epoch=self.epoch, head=head, mark=self.marks.get(head))
        return super().read_feed(store, replace(pull, cursor=cursor))


class ComparesPositionsOnly(ChainNode):
    """Takes a position as proof of the history that was read, and relies on being told of a restore."""

    def read_feed(self, store: int, pull: Pull) -> tuple[int, int, list[tuple[int, str]]]:
        cursor = pull.cursor
        if cursor.epoch == self.epoch and cursor.position <= self.head:
            cursor = replace(cursor, mark=self.marks.get(cursor.head))
        return super().read_feed(store, replace(pull, cursor=cursor))


class NoIdentity(ChainNode):
    """What is sent again after a time-out is booked again (Odoo 40567, 152259, 216862)."""

    def apply(self, item: Item) -> None:
        if item.sale[2] % POISON:
            self.books.book(item.sale)
        else:
            self.books.quarantined.add(item.sale)


class IdentityByTime(ChainNode):
    """Takes two sales of one store in the same hour for the same sale."""

    def apply(self, item: Item) -> None:
        twins = (s for s in self.books.booked if s[0] == item.sale[0] and s != item.sale)
        if not any(abs(self.at[s] - item.created_at) < 20 for s in twins if s in self.at):
            super().apply(item)
        self.at[item.sale] = item.created_at

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at: dict[tuple[int, int, int], float] = {}


class NumberWithoutSeries(ChainNode):
    """Discards a sale whose counter it has seen, though the device is another (Odoo 71455)."""

    def apply(self, item: Item) -> None:
        shown = (item.sale[0], item.sale[2] % 100)
        if all((s[0], s[2] % 100) != shown or s == item.sale for s in self.books.booked):
            super().apply(item)


class SkipsGaps(ChainNode):
    """Takes what it gets and remembers the highest number."""

    def take_push(self, store: int, push: Push) -> PushAnswer:
        receiver = self.receiver(store, push.outbox)
        for item in push.items:
            self.apply(item)
            if item.seq > receiver.applied:
                receiver = Receiver(push.outbox, item.seq, item.uid)
        self.receivers[store, push.outbox] = receiver
        return core.answer_push(receiver, exchange=push.exchange, epoch=self.epoch)


class RestoredUnnoticed(StoreNode):
    """A store that was restored from its backup goes on in the same outbox, and compares numbers only."""

    def take_push_answer(self, answer: PushAnswer) -> None:
        acked = min(answer.acked, self.numbered)
        super().take_push_answer(replace(answer, acked=acked, uid=self.uid_of(acked)))


class WeavesHistories(ChainNode):
    """Counts numbers only, so that items of a store's lost and new history lie behind one another."""

    def take_push(self, store: int, push: Push) -> PushAnswer:
        receiver = self.receiver(store, push.outbox)
        for item in push.items:
            if item.seq == receiver.applied + 1:
                self.apply(item)
                receiver = Receiver(push.outbox, item.seq, item.uid)
        self.receivers[store, push.outbox] = receiver
        return core.answer_push(receiver, exchange=push.exchange, epoch=self.epoch)


class BelievesOldAnswers(StoreNode):
    """An answer that comes late counts like any other."""

    def take_feed(self, page: FeedPage) -> None:
        answer = replace(page.answer, after=self.reader.position, exchange=self.reader.exchange)
        super().take_feed(replace(page, answer=answer))


class PriceFileAtAnyPage(StoreNode):
    """Publishes prices after every page of the feed (PowerSync: partial checkpoints)."""

    def take_feed(self, page: FeedPage) -> None:
        super().take_feed(page)
        self.make_price_file()


class HeadReadFirst(ChainNode):
    """Reads the head before the bodies, without a transaction round both."""

    def answer_feed(self, pull: Pull, epoch: UUID, after: int, head: int, entries: list[tuple[int, str]]) -> FeedPage:
        page = super().answer_feed(pull, epoch, after, head, entries)
        answer: FeedAnswer = page.answer
        return replace(page, answer=replace(answer, head=head, mark=self.marks.get(head)))


class KeepsGhosts(StoreNode):
    """Reading the feed again leaves what a chain that was rolled back does not know any more."""

    def take_feed(self, page: FeedPage) -> None:
        self.seen |= set(self.prices)
        super().take_feed(page)
        self.seen |= set(self.prices)


class OutboxInSecondTransaction(World):
    """The outbox is written a moment after the sale (Odoo 267799: a debounce; 125037: a power cut)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shown: list[tuple[int, int, int]] = []

    def sell(self, life: StoreLife) -> None:
        node, book = life.node, life.node.book
        if life.up and not self.healed:
            self.shown.append((node.number, (life.counter + 1) // 500, life.counter + 1))
        later: list[tuple[tuple[int, int, int], float]] = []
        node.book = lambda sale, at: later.append((sale, at))  # type: ignore[method-assign]
        super().sell(life)
        node.book = book  # type: ignore[method-assign]
        for sale, at in later:
            self.after(0.3, self.write_outbox, life, life.boot, sale, at)

    def write_outbox(self, life: StoreLife, boot: int, sale: tuple[int, int, int], at: float) -> None:
        if boot == life.boot:
            life.node.book(sale, at)
            self.after(0.05, self.push, life, boot)

    def check_all_is_well(self) -> None:
        super().check_all_is_well()
        for sale in self.shown:
            if not self.chain.books.knows(sale):
                raise AssertionError(f"lost: {sale}")


class OneBadSaleStopsAll(ChainNode):
    """A sale that cannot be booked refuses its whole batch (Odoo 258304: a crash at every retry)."""

    def take_push(self, store: int, push: Push) -> PushAnswer:
        if any(item.sale[2] % POISON == 0 for item in push.items):
            return core.answer_push(self.receiver(store, push.outbox), exchange=push.exchange, epoch=self.epoch)
        return super().take_push(store, push)


class SelectsByTime(StoreNode):
    """Sends what is younger than the last that was acknowledged, by a clock that jumps."""

    def number_items(self) -> None:
        latest = max((item.created_at for item in self.outbox[: self.numbered]), default=float("-inf"))
        kept = self.outbox[: self.numbered]
        kept += [item for item in self.outbox[self.numbered :] if item.created_at > latest]
        self.lost += [item for item in self.outbox if item not in kept]
        self.outbox = kept
        super().number_items()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.lost: list[Item] = []


class UnsentAreListed(World):
    """For stores that leave items out of their outbox: those count as sold."""

    def check_all_is_well(self) -> None:
        super().check_all_is_well()
        for life in self.lives:
            for item in getattr(life.node, "lost", ()):
                if not self.chain.books.knows(item.sale):
                    raise AssertionError(f"lost: {item.sale}")


class StopsAtDamage(StoreNode):
    """Reads its outbox in one piece: what cannot be read holds up all behind it."""

    def begin_push(self, exchange: int) -> Push:
        push = super().begin_push(exchange)
        whole = tuple(itertools.takewhile(lambda item: not item.is_skipped, push.items))
        return replace(push, items=whole)


class SkipsForGood(StoreNode):
    """Names what it cannot read, and does not come back to it."""

    def take_up_skipped(self) -> None:
        self.skipped = {}


class AnotherStandInEachTime(StoreNode):
    """Does not keep by which identity it has named what it cannot read."""

    def read(self, item: Item) -> Item:
        self.skipped.pop(item.seq, None)
        return super().read(item)

    def take_push_answer(self, answer: PushAnswer) -> None:
        self.skipped, self.acked_uid = {}, None
        super().take_push_answer(answer)


@dataclass(frozen=True)
class Exhibit:
    name: str
    world: Callable[[int], World]


def store_bug(store_type: type[StoreNode], world: type[World] = World, weather: Weather | None = None) -> Exhibit:
    chosen = weather or Weather()
    return Exhibit(store_type.__name__, lambda seed: world(seed, weather=chosen, store_type=store_type))


def chain_bug(chain_type: type[ChainNode], weather: Weather | None = None) -> Exhibit:
    chosen = weather or Weather()
    return Exhibit(chain_type.__name__, lambda seed: World(seed, weather=chosen, chain_type=chain_type))


def world_bug(world: type[World], weather: Weather | None = None) -> Exhibit:
    return Exhibit(world.__name__, lambda seed: world(seed, weather=weather or Weather()))


# what a restored store has lost for ever is nobody's mistake
ONLY_CRASHES = Weather(store_restores_a_day=0, crashes_a_day=30, sales_a_day=100)
NOBODY_SAYS_SO = Weather(silent=1, chain_restores_a_day=0.5)
STORES_COME_AND_GO = Weather(store_restores_a_day=1, linger=0.3, sales_a_day=80)
PAGES_FAIL = Weather(damages_a_day=3, store_restores_a_day=0)

EXHIBITS = [
    store_bug(CursorBeforeAck),
    world_bug(CheckpointBeforeRows),
    store_bug(NeverGoesBack),
    chain_bug(IgnoresFeedEpoch),
    chain_bug(ComparesPositionsOnly, NOBODY_SAYS_SO),
    chain_bug(NoIdentity),
    chain_bug(IdentityByTime),
    chain_bug(NumberWithoutSeries),
    chain_bug(SkipsGaps),
    store_bug(RestoredUnnoticed),
    chain_bug(WeavesHistories, STORES_COME_AND_GO),
    store_bug(BelievesOldAnswers),
    store_bug(PriceFileAtAnyPage),
    chain_bug(HeadReadFirst),
    store_bug(KeepsGhosts),
    world_bug(OutboxInSecondTransaction, ONLY_CRASHES),
    chain_bug(OneBadSaleStopsAll),
    store_bug(StopsAtDamage, weather=PAGES_FAIL),
    store_bug(SkipsForGood, weather=PAGES_FAIL),
    store_bug(AnotherStandInEachTime, weather=PAGES_FAIL),
    store_bug(SelectsByTime, UnsentAreListed, ONLY_CRASHES),
]
