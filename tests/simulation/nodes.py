"""A store and a chain in memory: the same shells as the services', around the same core, without a database.

One method call is one transaction: a crash falls between calls, never inside one. All but the exchanges under way is
durable, and can be copied for a backup.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from butik.sync import core
from butik.sync.core import Cursor, Effect, FeedAnswer, PushAnswer, Reader, Receiver, Sender

BATCH = 7
PAGE = 3
GROUPS = 4
UNREAD = (-1, -1, -1)
POISON = 97  # every so many sales one cannot be booked


@dataclass(frozen=True, slots=True)
class Item:
    """An outbox item. `sale` is the identity of what it carries: (store, series, counter)."""

    sale: tuple[int, int, int]
    created_at: float
    seq: int = 0
    uid: UUID | None = None
    is_skipped: bool = False  # it stands in the place of one that its store cannot read


@dataclass(frozen=True, slots=True)
class Push:
    exchange: int
    outbox: UUID
    follows: UUID | None
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Pull:
    exchange: int
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Entry:
    position: int
    key: str
    body: object  # None: deleted
    store: int | None


@dataclass(frozen=True, slots=True)
class FeedPage:
    answer: FeedAnswer
    entries: tuple[Entry, ...]


@dataclass(slots=True)
class PriceFile:
    position: int
    mark: UUID | None
    prices: dict[str, object]


@dataclass
class StoreNode:
    number: int
    new_id: "Identities"
    sender: Sender = field(init=False)
    reader: Reader = field(default_factory=Reader)
    outbox: list[Item] = field(default_factory=list)
    numbered: int = 0
    prices: dict[str, object] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    price_file: PriceFile | None = None
    damaged: set[int] = field(default_factory=set)  # numbers of items that cannot be read, uid and all
    skipped: dict[int, UUID] = field(default_factory=dict)  # the uid that each of them goes by
    again: dict[int, int] = field(default_factory=dict)  # as which number each was put in again
    acked_uid: UUID | None = None

    def __post_init__(self) -> None:
        self.sender = Sender(self.new_id.uuid())

    # sales

    def book(self, sale: tuple[int, int, int], at: float) -> None:
        self.outbox.append(Item(sale, at))

    def number_items(self) -> None:
        for item in self.outbox[self.numbered :]:
            self.numbered += 1
            numbered = Item(item.sale, item.created_at, self.numbered, self.new_id.uuid())
            self.outbox[self.numbered - 1] = numbered

    # up

    def begin_push(self, exchange: int) -> Push:
        self.number_items()
        self.sender = core.begin_push(self.sender, exchange)
        acked = self.sender.acked
        items = tuple(self.read(item) for item in self.outbox[acked : min(acked + BATCH, self.numbered)])
        return Push(exchange, self.sender.outbox, self.uid_of(acked), items)

    def read(self, item: Item) -> Item:
        if item.seq not in self.damaged:
            return item
        uid = self.skipped.setdefault(item.seq, self.new_id.uuid())
        return Item(UNREAD, item.created_at, item.seq, uid, is_skipped=True)

    def take_push_answer(self, answer: PushAnswer) -> None:
        own, before = self.uid_of(answer.acked), self.sender
        self.sender, effects = core.take_push_answer(before, answer, own_uid=own, new_outbox=self.new_id.uuid())
        if self.sender.acked != before.acked:
            self.acked_uid = own if self.sender.acked else None
        if Effect.RENEW_OUTBOX in effects:
            self.skipped, self.again = {}, {}
        for seq in [
            seq for seq, number in self.again.items() if number <= self.sender.acked and number not in self.skipped
        ]:
            self.skipped.pop(seq, None)
            del self.again[seq]

    def uid_of(self, seq: int) -> UUID | None:
        if seq and seq == self.sender.acked and self.acked_uid:
            return self.acked_uid
        if seq in self.skipped:
            return self.skipped[seq]
        return self.outbox[seq - 1].uid if 0 < seq <= self.numbered and seq not in self.damaged else None

    def take_up_skipped(self) -> None:
        """What can be read again goes into the outbox once more."""
        for seq in sorted(self.skipped.keys() - self.damaged - self.again.keys()):
            item = self.outbox[seq - 1]
            self.book(item.sale, item.created_at)
            self.again[seq] = len(self.outbox)

    # down

    def begin_pull(self, exchange: int) -> Pull:
        self.reader = core.begin_pull(self.reader, exchange)
        reader = self.reader
        return Pull(exchange, Cursor(reader.epoch, reader.position, reader.head, reader.mark))

    def take_feed(self, page: FeedPage) -> None:
        self.reader, effects = core.take_feed(self.reader, page.answer)
        if Effect.FORGET_SEEN in effects:
            self.seen = set()
        if Effect.APPLY in effects:
            self.apply(page.entries)
        if Effect.SWEEP in effects:
            self.prices = {key: body for key, body in self.prices.items() if key in self.seen}
        if Effect.AT_HEAD in effects:
            self.make_price_file()

    def apply(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.seen.add(entry.key)
            if entry.body is None:
                self.prices.pop(entry.key, None)
            else:
                self.prices[entry.key] = entry.body

    def make_price_file(self) -> None:
        self.price_file = PriceFile(self.reader.position, self.reader.mark, dict(self.prices))

    # faults

    def damage(self, seqs: Iterable[int]) -> None:
        self.damaged.update(seqs)

    def mend(self) -> None:
        self.damaged.clear()

    def crash(self) -> None:
        """What the process was waiting for is forgotten; all else was durable."""
        self.sender, self.reader = replace(self.sender, exchange=0), replace(self.reader, exchange=0)

    def backup(self) -> "StoreNode":
        twin = copy.copy(self)
        twin.outbox = list(self.outbox)
        twin.prices, twin.seen = dict(self.prices), set(self.seen)
        twin.damaged, twin.skipped = set(self.damaged), dict(self.skipped)
        twin.again = dict(self.again)
        return twin


@dataclass
class Books:
    """What a chain knows of sales: each store's sales in the order of booking, and those that could not be booked."""

    booked: dict[tuple[int, int, int], int] = field(default_factory=dict)
    quarantined: set[tuple[int, int, int]] = field(default_factory=set)
    order: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def knows(self, sale: tuple[int, int, int]) -> bool:
        return sale in self.booked or sale in self.quarantined

    def book(self, sale: tuple[int, int, int]) -> None:
        self.booked[sale] = self.booked.get(sale, 0) + 1
        self.order.setdefault(sale[:2], []).append(sale[2])

    def copy(self) -> "Books":
        return Books(dict(self.booked), set(self.quarantined), {series: list(c) for series, c in self.order.items()})


@dataclass
class ChainNode:
    new_id: "Identities"
    epoch: UUID = field(init=False)
    books: Books = field(default_factory=Books)
    receivers: dict[tuple[int, UUID], Receiver] = field(default_factory=dict)
    head: int = 0
    marks: dict[int, UUID] = field(default_factory=dict)  # of each move, by the head it led to
    positions: dict[str, int] = field(default_factory=dict)
    prices: dict[str, object] = field(default_factory=dict)
    only_for: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.epoch = self.new_id.uuid()

    # up

    def take_push(self, store: int, push: Push) -> PushAnswer:
        receiver, items = core.take_push(self.receiver(store, push.outbox), push.items, follows=push.follows)
        for item in items:
            self.apply(item)
        self.receivers[store, push.outbox] = receiver
        return core.answer_push(receiver, exchange=push.exchange, epoch=self.epoch)

    def receiver(self, store: int, outbox: UUID) -> Receiver:
        return self.receivers.get((store, outbox)) or Receiver(outbox)

    def apply(self, item: Item) -> None:
        if item.is_skipped or self.books.knows(item.sale):
            return
        if item.sale[2] % POISON == 0:
            self.books.quarantined.add(item.sale)
        else:
            self.books.book(item.sale)

    # down

    def import_prices(self, changes: dict[str, object], only_for: int | None = None) -> None:
        for key, body in changes.items():
            self.head += 1
            self.positions[key] = self.head
            if only_for is not None:
                self.only_for[key] = only_for
            if body is None:
                self.prices.pop(key, None)
            else:
                self.prices[key] = body
        self.marks[self.head] = self.new_id.uuid()

    def read_feed(self, store: int, pull: Pull) -> tuple[int, int, list[tuple[int, str]]]:
        """The first half of an answer: where to start, the head, and the entries. Their bodies are read later."""
        after = core.where_to_read(pull.cursor, epoch=self.epoch, mark=self.marks.get(pull.cursor.head))
        entries = sorted((position, key) for key, position in self.positions.items() if position > after)
        mine = [(position, key) for position, key in entries if self.only_for.get(key, store) == store]
        return after, self.head, mine[:PAGE]

    def answer_feed(self, pull: Pull, epoch: UUID, after: int, head: int, entries: list[tuple[int, str]]) -> FeedPage:
        positions = [position for position, _ in entries]
        covered = core.position_covered(after=after, positions=positions, limit=PAGE, head=head)
        answer = FeedAnswer(pull.exchange, epoch, after, covered, self.head, self.marks.get(self.head))
        bodies = tuple(Entry(at, key, self.prices.get(key), self.only_for.get(key)) for at, key in entries)
        return FeedPage(answer, bodies)

    # faults

    def backup(self) -> "ChainNode":
        twin = copy.copy(self)
        twin.books = self.books.copy()
        twin.receivers, twin.positions = dict(self.receivers), dict(self.positions)
        twin.prices, twin.only_for, twin.marks = dict(self.prices), dict(self.only_for), dict(self.marks)
        return twin

    def was_restored(self) -> None:
        self.epoch = self.new_id.uuid()


class Identities:
    """UUIDs that a seed gives again in the same order."""

    def __init__(self) -> None:
        self._made = 0

    def uuid(self) -> UUID:
        self._made += 1
        return UUID(int=self._made)

    def number(self) -> int:
        self._made += 1
        return self._made
