"""A chain and its stores in virtual time, under a network and machines that fail as a seed says.

`World(seed).run(days)` is the whole of it: it sells, imports, breaks things, heals them, and raises `Violated` when a
promise is broken. The same seed gives the same history, event by event.
"""

import heapq
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from butik.sync.core import PushAnswer
from tests.simulation.nodes import GROUPS, ChainNode, FeedPage, Identities, Pull, Push, StoreNode

DAY = 12 * 3600.0
PATIENCE = 30.0  # a request without an answer is given up
HEARTBEAT = 1800.0
HEALED_WITHIN = 300.0
KEYS_OF_A_GROUP = 4


class Violated(AssertionError):
    """A promise of the sync was broken."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it is."""

    drop: float = 0.05
    duplicate: float = 0.05
    linger: float = 0.05  # a message that arrives long after its time
    cuts_a_day: float = 3.0
    crashes_a_day: float = 2.0
    chain_restores_a_day: float = 0.15
    store_restores_a_day: float = 0.1
    damages_a_day: float = 0.0  # a page of a store's outbox cannot be read, until somebody mends it
    silent: float = 0.0  # of the chain's restores: nobody said so to the software
    sales_a_day: int = 40
    imports_a_day: int = 5


@dataclass(slots=True)
class StoreLife:
    """What goes on round a store, and is no part of it."""

    node: StoreNode
    backup: StoreNode
    counter: int = 0
    up: bool = True
    cut: bool = False
    boot: int = 0  # timers of an earlier process are dead
    failures: int = 0
    skew: float = 0.0
    pushing: bool = False
    was_restored: bool = False
    was_damaged: bool = False
    checked: tuple[UUID, int, int] = (
        UUID(int=0),
        0,
        0,
    )  # outbox, chain's life and items already compared with the books


@dataclass
class World:
    seed: int
    stores: int = 3
    weather: Weather = field(default_factory=Weather)
    store_type: type[StoreNode] = StoreNode
    chain_type: type[ChainNode] = ChainNode

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.now = 0.0
        self.events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.ids = Identities()
        self.chain = self.chain_type(self.ids)
        self.chain_up = True
        self.chain_boot = 0
        self.chain_life = 0  # how often it was restored
        self.chain_backup = self.chain.backup()
        self.lives = []
        for number in range(self.stores):
            node = self.store_type(number, self.ids)
            self.lives.append(StoreLife(node, node.backup()))
        self.truth: dict[UUID | None, dict[str, object]] = {None: {}}  # by the mark of the move that led to it
        self.healed = False
        self.ends = 0.0
        self.imports = 0
        self.damages = 0
        self.count = 0
        self.trace = 0

    # --- time ---

    def after(self, delay: float, deed: Callable[..., None], *args: Any) -> None:
        heapq.heappush(self.events, (self.now + delay, self.ids.number(), deed, args))

    def run(self, days: float) -> None:
        self.start(days)
        while self.events:
            self.step()
        self.check_all_is_well()

    def start(self, days: float) -> None:
        self.ends = days * DAY
        for life in self.lives:
            self.after(self.random.random(), self.heartbeat, life, life.boot)
            self.after(self.random.random(), self.poll, life, life.boot)
            self.after(self.pause(self.weather.sales_a_day), self.sell, life)
            self.after(self.pause(self.weather.cuts_a_day), self.cut_line, life)
            self.after(self.pause(self.weather.crashes_a_day), self.crash_store, life)
            self.after(self.pause(self.weather.store_restores_a_day), self.restore_store, life)
            self.after(self.pause(self.weather.damages_a_day), self.damage_page, life)
        self.after(self.pause(self.weather.imports_a_day), self.import_prices)
        self.after(self.pause(self.weather.crashes_a_day), self.crash_chain)
        self.after(self.pause(self.weather.chain_restores_a_day), self.restore_chain)
        self.after(DAY / 2, self.back_up)
        self.after(self.ends, self.heal)

    def pause(self, times_a_day: float) -> float:
        return self.random.expovariate(times_a_day / DAY) if times_a_day else float("inf")

    def step(self) -> None:
        self.now, _, deed, args = heapq.heappop(self.events)
        if self.now == float("inf") or (self.healed and self.now > self.ends + HEALED_WITHIN):
            self.events.clear()
            return
        self.count += 1
        self.trace = zlib.crc32(f"{self.now} {deed.__name__}".encode(), self.trace)
        deed(*args)

    # --- what people do ---

    def sell(self, life: StoreLife) -> None:
        if self.healed:
            return
        if life.up:
            life.counter += 1
            series = life.counter // 500
            life.node.book((life.node.number, series, life.counter), self.now + life.skew)
            self.after(0.05, self.push, life, life.boot)
        self.after(self.pause(self.weather.sales_a_day), self.sell, life)

    def import_prices(self) -> None:
        """Change all articles of a group at once, so that a torn price set can be seen."""
        if self.healed:
            return
        if self.chain_up:
            self.imports += 1
            group = self.random.randrange(GROUPS)
            body = None if self.random.random() < 0.1 else self.imports
            changes: dict[str, object] = {f"{group}/{n}": body for n in range(KEYS_OF_A_GROUP)}
            self.chain.import_prices(changes)
            store = self.random.randrange(self.stores)
            self.chain.import_prices({f"own/{store}": self.imports}, only_for=store)
            if self.random.random() < 0.1:
                self.chain.import_prices({f"new/{self.imports}": self.imports})
            self.note_truth()
        self.after(self.pause(self.weather.imports_a_day), self.import_prices)

    def note_truth(self) -> None:
        self.truth[self.chain.marks[self.chain.head]] = dict(self.chain.prices)

    # --- the store's process ---

    def heartbeat(self, life: StoreLife, boot: int) -> None:
        if boot == life.boot:
            self.push(life, boot)
            self.after(HEARTBEAT if not self.healed else 20, self.heartbeat, life, boot)

    def push(self, life: StoreLife, boot: int) -> None:
        if life.up and boot == life.boot and not life.pushing:
            life.pushing = True
            message = life.node.begin_push(self.ids.number())
            self.send(life, self.chain_takes_push, life, message)
            self.after(PATIENCE, self.give_up, life, boot, message.exchange)

    def give_up(self, life: StoreLife, boot: int, exchange: int) -> None:
        if boot == life.boot and life.pushing and life.node.sender.exchange == exchange:
            life.pushing = False
            life.failures += 1
            self.after(min(60.0, 2.0**life.failures) * self.random.random(), self.push, life, boot)

    def store_takes_answer(self, life: StoreLife, answer: PushAnswer, chain_life: int) -> None:
        if not life.up:
            return
        before = life.node.sender
        life.node.take_push_answer(answer)
        if answer.exchange == before.exchange:
            life.pushing, life.failures = False, 0
            self.check_acknowledged(life, chain_life)
        if life.node.sender.acked < len(life.node.outbox):
            self.after(0.01, self.push, life, life.boot)

    def poll(self, life: StoreLife, boot: int) -> None:
        if boot == life.boot:
            self.pull(life, boot)
            self.after(HEARTBEAT if not self.healed else 20, self.poll, life, boot)

    def pull(self, life: StoreLife, boot: int) -> None:
        if life.up and boot == life.boot:
            self.send(life, self.chain_reads_feed, life, life.node.begin_pull(self.ids.number()))

    def store_takes_feed(self, life: StoreLife, page: FeedPage) -> None:
        if not life.up:
            return
        waited_for = page.answer.exchange == life.node.reader.exchange
        life.node.take_feed(page)
        self.check_price_file(life)
        if waited_for and life.node.reader.position < life.node.reader.head:
            self.pull(life, life.boot)

    # --- the chain's process ---

    def chain_takes_push(self, life: StoreLife, push: Push) -> None:
        if self.chain_up:
            answer = self.chain.take_push(life.node.number, push)
            self.send(life, self.store_takes_answer, life, answer, self.chain_life)

    def chain_reads_feed(self, life: StoreLife, pull: Pull) -> None:
        """Entries now, bodies a moment later: whatever is committed in between must not tear anything."""
        if self.chain_up:
            read = self.chain.read_feed(life.node.number, pull)
            moment = self.random.choice((0.0, 0.0, self.random.random() * 300))
            self.after(moment, self.chain_answers_feed, life, pull, self.chain_boot, self.chain.epoch, *read)

    def chain_answers_feed(
        self, life: StoreLife, pull: Pull, boot: int, epoch: UUID, after: int, head: int, entries: list[tuple[int, str]]
    ) -> None:
        if self.chain_up and boot == self.chain_boot:
            self.send(life, self.store_takes_feed, life, self.chain.answer_feed(pull, epoch, after, head, entries))

    # --- the line ---

    def send(self, life: StoreLife, arrive: Callable[..., None], *args: Any) -> None:
        if life.cut:
            return
        copies = 1
        if not self.healed:
            if self.random.random() < self.weather.drop:
                return
            copies += self.random.random() < self.weather.duplicate
        for _ in range(copies):
            lingers = not self.healed and self.random.random() < self.weather.linger
            self.after(self.random.random() * (900.0 if lingers else 0.4), arrive, *args)

    def cut_line(self, life: StoreLife) -> None:
        if not self.healed:
            life.cut = True
            self.after(self.random.expovariate(1 / 1800), self.mend_line, life)
            self.after(self.pause(self.weather.cuts_a_day), self.cut_line, life)

    def mend_line(self, life: StoreLife) -> None:
        life.cut = False

    # --- crashes and restores ---

    def crash_store(self, life: StoreLife) -> None:
        if not self.healed:
            self.stop_store(life)
            life.skew = self.random.choice((0.0, -3 * 86400.0, 86400.0, 7200.0, -7200.0))
            self.after(self.random.expovariate(1 / 300), self.start_store, life, life.boot)
            self.after(self.pause(self.weather.crashes_a_day), self.crash_store, life)

    def stop_store(self, life: StoreLife) -> None:
        life.up, life.pushing = False, False
        life.boot += 1
        life.node.crash()

    def start_store(self, life: StoreLife, boot: int) -> None:
        if boot == life.boot and not life.up:
            life.up = True
            life.failures = 0
            self.heartbeat(life, boot)
            self.poll(life, boot)

    def restore_store(self, life: StoreLife) -> None:
        """Put last night's copy in the place of the store's database. Nobody tells the software."""
        if not self.healed:
            self.stop_store(life)
            life.node = life.backup.backup()
            life.node.crash()
            life.was_restored = True
            life.checked = (UUID(int=0), 0, 0)
            self.after(self.random.expovariate(1 / 600), self.start_store, life, life.boot)
            self.after(self.pause(self.weather.store_restores_a_day), self.restore_store, life)

    def damage_page(self, life: StoreLife) -> None:
        """Some items in a row: sent long ago, or waiting. A store sells on; a restore or a repair makes them whole."""
        if self.healed:
            return
        length = len(life.node.outbox)
        if length:
            newest = length if self.random.random() < 0.5 else self.random.randint(1, length)
            life.node.number_items()
            life.node.damage(range(max(1, newest - self.random.randrange(12)), newest + 1))
            self.damages += 1
            life.was_damaged = True
            self.after(self.random.expovariate(1 / (DAY / 4)), self.mend_page, life)
        self.after(self.pause(self.weather.damages_a_day), self.damage_page, life)

    def mend_page(self, life: StoreLife) -> None:
        life.node.mend()
        life.node.take_up_skipped()
        self.push(life, life.boot)

    def crash_chain(self) -> None:
        if not self.healed:
            self.chain_up = False
            self.chain_boot += 1
            self.after(self.random.expovariate(1 / 300), self.start_chain, self.chain_boot)
            self.after(self.pause(self.weather.crashes_a_day), self.crash_chain)

    def start_chain(self, boot: int) -> None:
        if boot == self.chain_boot:
            self.chain_up = True

    def restore_chain(self) -> None:
        if self.healed:
            return
        self.chain = self.chain_backup.backup()
        self.chain_life += 1
        self.chain_boot += 1
        self.chain_up = False
        if self.random.random() >= self.weather.silent:
            self.chain.was_restored()
        self.after(self.random.expovariate(1 / 600), self.start_chain, self.chain_boot)
        self.after(self.pause(self.weather.chain_restores_a_day), self.restore_chain)

    def back_up(self) -> None:
        if self.healed:
            return
        self.chain_backup = self.chain.backup()
        for life in self.lives:
            life.backup = life.node.backup()
        self.after(DAY, self.back_up)

    def heal(self) -> None:
        """From now on nothing breaks; all must be in step before long."""
        self.healed = True
        if not self.chain_up:
            self.start_chain(self.chain_boot)
        for life in self.lives:
            life.cut = False
            if life.up:
                life.boot += 1
                life.pushing = False
                life.node.crash()
                life.up = False
            self.start_store(life, life.boot)
            self.after(HEALED_WITHIN / 3, self.check_damage_stops_nothing, life)
            self.after(HEALED_WITHIN / 3, self.mend_page, life)

    # --- promises ---

    def check_damage_stops_nothing(self, life: StoreLife) -> None:
        """All that can be read has got through before the damage is mended."""
        for item in life.node.outbox[: life.node.numbered]:
            if item.seq not in life.node.damaged | life.node.skipped.keys() and not self.chain.books.knows(item.sale):
                raise Violated(f"stuck behind damage: {item.sale}")

    def check_acknowledged(self, life: StoreLife, chain_life: int) -> None:
        """Nothing acknowledged is missing. A chain that was restored meanwhile will say so by its next answer."""
        sender = life.node.sender
        outbox, lived, compared = life.checked
        if chain_life != self.chain_life:
            return
        start = compared if (outbox, lived) == (sender.outbox, chain_life) and compared <= sender.acked else 0
        waiting = {item.sale for item in life.node.outbox[sender.acked :]} if life.was_damaged else set()
        for item in life.node.outbox[start : sender.acked]:
            if item.seq in life.node.skipped or item.sale in waiting:
                continue  # named, and not taken as sent; or put in again, and about to be sent
            if not self.chain.books.knows(item.sale):
                raise Violated(f"acknowledged but missing: {item.sale}")
        life.checked = (sender.outbox, chain_life, sender.acked)

    def check_price_file(self, life: StoreLife) -> None:
        file = life.node.price_file
        if file is None:
            return
        for group in range(GROUPS):
            if len({file.prices.get(f"{group}/{n}") for n in range(KEYS_OF_A_GROUP)}) > 1:
                raise Violated(f"torn price file at position {file.position}")
        for store in range(self.stores):
            if store != life.node.number and f"own/{store}" in file.prices:
                raise Violated("another store's entry")
        if file.mark not in self.truth:
            raise Violated(f"a price file at position {file.position}, where the chain never stood still")
        self.check_like_chain(life, self.truth[file.mark], file.prices, "the price file")

    def check_like_chain(self, life: StoreLife, chain: dict[str, object], own: dict[str, object], what: str) -> None:
        strangers = {f"own/{n}" for n in range(self.stores) if n != life.node.number}
        if {key: body for key, body in chain.items() if key not in strangers} != own:
            raise Violated(f"{what} of store {life.node.number} differs from the chain's state")

    def count_faults(self) -> dict[str, int]:
        """What is missing at the chain, is there twice, or still waits: for whoever says how much was looked at."""
        books = self.chain.books
        items = [item for life in self.lives for item in life.node.outbox]
        return {
            "sales": len(books.booked),
            "lost": sum(not books.knows(item.sale) for item in items),
            "doubled": sum(times != 1 for times in books.booked.values()),
            "stuck": sum(len(life.node.outbox) - life.node.sender.acked for life in self.lives),
        }

    def check_all_is_well(self) -> None:
        self.check_books()
        for life in self.lives:
            self.check_skipped(life.node)
            self.check_nothing_is_stuck_or_lost(life.node)
            self.check_feed(life)

    def check_books(self) -> None:
        for sale, times in self.chain.books.booked.items():
            if times != 1:
                raise Violated(f"booked {times} times: {sale}")
        for series, counters in self.chain.books.order.items():
            # what a store sent before it was restored, or could not read, may arrive after the next: late, and not lost
            life = self.lives[series[0]]
            if counters != sorted(counters) and not (life.was_restored or life.was_damaged):
                raise Violated(f"series {series} booked out of order")

    def check_nothing_is_stuck_or_lost(self, node: StoreNode) -> None:
        if node.sender.acked != len(node.outbox):
            raise Violated(f"stuck: {len(node.outbox) - node.sender.acked} items unsent")
        for item in node.outbox:
            if not self.chain.books.knows(item.sale):
                raise Violated(f"lost: {item.sale}")

    def check_skipped(self, node: StoreNode) -> None:
        if node.skipped:
            raise Violated(f"skipped and never sent: {len(node.skipped)} items")

    def check_feed(self, life: StoreLife) -> None:
        if (life.node.reader.epoch, life.node.reader.position) != (self.chain.epoch, self.chain.head):
            raise Violated("stuck: the feed was not read to its head")
        self.check_like_chain(life, self.chain.prices, life.node.prices, "the state")
