"""The machine of two persons, walked by Hypothesis: whatever order people and clocks choose."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from butik.approvals import rules
from butik.approvals.rules import OPEN, Asked, NotAllowed, Signer, State

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WINDOW = timedelta(seconds=30)
VERA, NILS, ADA = (UUID(int=number) for number in (1, 2, 3))
# the fourth is Vera's other account: the same mailbox
PEOPLE = [
    Signer(VERA, frozenset({"vera"})),
    Signer(NILS, frozenset({"nils"})),
    Signer(ADA, frozenset({"ada"})),
    Signer(UUID(int=4), frozenset({"vera", "other"})),
]


@dataclass
class Happened:
    confirmed_at: datetime | None = None
    confirmed_what: str = ""
    starts: int = 0
    cancelled: bool = False


class TwoPersons(RuleBasedStateMachine):
    asked: Asked

    @initialize(first=st.sampled_from(PEOPLE))
    def somebody_asks(self, first: Signer) -> None:
        self.now, self.seen = NOW, Happened()
        self.asked = rules.ask("a", first, self.now)

    def attempt(self, after: Asked | None) -> None:
        if after is not None:
            self.asked = after

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 31, 899, 900, 3600, 3700]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(second=st.sampled_from(PEOPLE), what=st.sampled_from("ab"))
    def somebody_confirms(self, second: Signer, what: str) -> None:
        try:
            self.asked = rules.confirm(self.asked, second, what, self.now, WINDOW)
        except NotAllowed:
            return
        self.seen.confirmed_at, self.seen.confirmed_what = self.now, what

    @rule(by=st.sampled_from(PEOPLE), step=st.sampled_from([rules.refuse, rules.withdraw, rules.cancel]))
    def somebody_stops_it(self, by: Signer, step: object) -> None:
        before = self.asked.state
        try:
            self.asked = step(self.asked, by.id)  # type: ignore[operator]
        except NotAllowed:
            assert self.asked.state == before
            return
        assert self.asked.state in {State.REFUSED, State.WITHDRAWN, State.CANCELLED}
        self.seen.cancelled = True

    @rule()
    def it_gets_old(self) -> None:
        self.asked = rules.expire(self.asked, self.now)

    @rule()
    def the_worker_looks(self) -> None:
        before = self.asked.state
        try:
            self.asked = rules.start(self.asked, self.now)
        except NotAllowed:
            return
        if before == State.CONFIRMED and self.asked.state == State.STARTED:
            self.seen.starts += 1
            assert self.seen.confirmed_at is not None
            assert WINDOW <= self.now - self.seen.confirmed_at <= WINDOW + rules.LATEST

    @rule(has_failed=st.booleans())
    def the_worker_ends(self, has_failed: bool) -> None:
        try:
            self.asked = rules.finish(self.asked, has_failed=has_failed)
        except NotAllowed:
            return

    @invariant()
    def what_is_carried_out_was_wanted_by_two(self) -> None:
        if self.asked.state not in {State.CONFIRMED, State.STARTED, State.DONE, State.FAILED}:
            return
        second = next(each for each in PEOPLE if each.id == self.asked.second)
        assert second.is_another_than(self.asked.first)
        assert self.seen.confirmed_what == "a"
        assert self.seen.confirmed_at is not None
        assert self.seen.confirmed_at - NOW < rules.ASKED_FOR

    @invariant()
    def it_starts_once_and_never_after_a_no(self) -> None:
        assert self.seen.starts <= 1
        if self.seen.cancelled:
            assert self.asked.state not in OPEN
            assert self.seen.starts == 0


TestTwoPersons = TwoPersons.TestCase
TestTwoPersons.settings = settings(max_examples=150, stateful_step_count=12, deadline=None)


def test_alone_it_waits_for_its_notice_and_anybody_cancels() -> None:
    alone = rules.ask_alone("a", PEOPLE[0], NOW, timedelta(minutes=15))
    with pytest.raises(NotAllowed, match="early"):
        rules.start(alone, NOW + timedelta(minutes=14, seconds=59))
    assert rules.cancel(alone, NILS).state == State.CANCELLED
    assert rules.start(alone, NOW + timedelta(minutes=15)).state == State.STARTED
    with pytest.raises(NotAllowed, match="closed"):
        rules.confirm(alone, PEOPLE[1], "a", NOW, WINDOW)


def test_what_lay_too_long_in_a_dead_service_is_not_done_unasked() -> None:
    confirmed = rules.confirm(rules.ask("a", PEOPLE[0], NOW), PEOPLE[1], "a", NOW, WINDOW)
    assert rules.start(confirmed, NOW + rules.LATEST + 2 * WINDOW).state == State.EXPIRED
