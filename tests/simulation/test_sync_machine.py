"""RT-05 and RT-07: Hypothesis chooses every step, and shrinks what breaks a promise."""

from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.simulation.nodes import GROUPS
from tests.simulation.world import KEYS_OF_A_GROUP, StoreLife, World

STORES = st.integers(0, 1)


class Desk(World):
    """A world without time: what is sent lies on a desk until somebody delivers it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.letters: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def send(self, life: StoreLife, arrive: Callable[..., None], *args: Any) -> None:
        self.letters.append((arrive, args))

    def after(self, delay: float, deed: Callable[..., None], *args: Any) -> None:
        if deed == self.chain_answers_feed:  # the only deed that is the second half of another
            self.letters.append((deed, args))


class SyncMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(0, stores=2)

    @rule(store=STORES, count=st.integers(1, 9))
    def sell(self, store: int, count: int) -> None:
        life = self.desk.lives[store]
        for _ in range(count):
            life.counter += 1
            life.node.book((store, 0, life.counter), 0.0)

    @rule(group=st.integers(0, GROUPS - 1), gone=st.booleans())
    def import_prices(self, group: int, gone: bool) -> None:
        desk, chain = self.desk, self.desk.chain
        desk.imports += 1
        chain.import_prices({f"{group}/{n}": None if gone else desk.imports for n in range(KEYS_OF_A_GROUP)})
        desk.note_truth()

    @rule(store=STORES)
    def push(self, store: int) -> None:
        life = self.desk.lives[store]
        life.pushing = False
        self.desk.push(life, life.boot)

    @rule(store=STORES)
    def pull(self, store: int) -> None:
        life = self.desk.lives[store]
        self.desk.pull(life, life.boot)

    @rule(store=STORES)
    def send_and_read_undisturbed(self, store: int) -> None:
        """What is on its way to others stays there."""
        life, elsewhere = self.desk.lives[store], self.desk.letters
        self.desk.letters = []
        for _ in range(6):
            self.push(store)
            self.clear()
            self.desk.pull(life, life.boot)
            self.clear()
        self.desk.letters = elsewhere

    @precondition(lambda self: self.desk.letters)
    @rule(data=st.data(), keep=st.booleans())
    def deliver(self, data: st.DataObject, keep: bool) -> None:
        place = data.draw(st.integers(0, len(self.desk.letters) - 1))
        arrive, args = self.desk.letters[place] if keep else self.desk.letters.pop(place)
        arrive(*args)

    @precondition(lambda self: self.desk.letters)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        self.desk.letters.pop(data.draw(st.integers(0, len(self.desk.letters) - 1)))

    @rule(store=STORES)
    def crash(self, store: int) -> None:
        life = self.desk.lives[store]
        life.pushing = False
        life.node.crash()

    @rule()
    def back_up(self) -> None:
        self.desk.chain_backup = self.desk.chain.backup()
        for life in self.desk.lives:
            life.backup = life.node.backup()

    @rule(is_told=st.booleans())
    def restore_chain(self, is_told: bool) -> None:
        desk = self.desk
        desk.chain = desk.chain_backup.backup()
        desk.chain_life += 1
        desk.chain_boot += 1
        if is_told:
            desk.chain.was_restored()

    @rule(store=STORES)
    def restore_store(self, store: int) -> None:
        life = self.desk.lives[store]
        life.pushing = False
        life.node = life.backup.backup()
        life.node.crash()
        life.was_restored = True
        life.checked = (self.desk.ids.uuid(), 0, 0)

    @invariant()
    def no_price_file_is_torn(self) -> None:
        for life in self.desk.lives:
            self.desk.check_price_file(life)

    def teardown(self) -> None:
        """Deliver all that still lies there, oldest first, and go on until both sides are in step."""
        desk = self.desk
        desk.healed = True
        for _ in range(4 + sum(len(life.node.outbox) for life in desk.lives)):
            for life in desk.lives:
                life.pushing = False
                desk.push(life, life.boot)
                self.clear()
                desk.pull(life, life.boot)
                self.clear()
        desk.check_all_is_well()

    def clear(self) -> None:
        while self.desk.letters:
            arrive, args = self.desk.letters.pop(0)
            arrive(*args)


TestSyncMachine = SyncMachine.TestCase
TestSyncMachine.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
