"""RT-07: batches doubled, split, permuted, merged, mixed between stores, edited and signed again.

Whatever the way, the journal ends the same: every genuine record once, nothing that was edited or made elsewhere, and
nothing overwritten.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.till import BREAD, MILK, Till

from butik.lib.ids import new_id
from butik.sales.journal import Decision, Known, Outcome, decide
from butik.sales.models import SaleException
from butik.sales.tests.records import a_place, a_till, empty_journal, read
from butik.sales.wire import Sale

PLACE = a_place()
ELSEWHERE = a_place(PLACE.organisation_id, 13)
TILLS = [a_till(PLACE, pos) for pos in (1, 2)]
THEIRS = a_till(ELSEWHERE, 1)


def life(till: Till) -> list[str]:
    return [
        till.opening(),
        *(till.sale(MILK, BREAD) if counter % 2 else till.sale(BREAD) for counter in range(5)),
        till.event("SIGNED_OUT"),
        till.sale(total=1),
        till.sale(prev="0" * 64),
    ]


GENUINE = [record for till in TILLS for record in life(till)]
FOREIGN = life(THEIRS)


def edited(document: str, place: int) -> str:
    header, payload, signature = document.split(".")
    place %= len(payload)
    return f"{header}.{payload[:place]}{'A' if payload[place] != 'A' else 'B'}{payload[place + 1 :]}.{signature}"


def signed_again(till: Till) -> list[str]:
    """By the device itself: the ids and numbers of sales that it has reported, with other content."""
    again = a_till(PLACE, till.pos)
    again.key, again.device, again.series, again.prev = till.key, till.device, till.series, "1" * 64
    return [again.sale(BREAD, BREAD, staff_number="666") for _ in range(3)]


AGAIN = [record for till in TILLS for record in signed_again(till)]


class Journal:
    """A journal in memory, fed batch by batch."""

    def __init__(self) -> None:
        self.known: Known = empty_journal()
        self.exceptions: set[tuple[str, str, str]] = set()
        self.decisions: dict[str, Outcome] = {}

    def take(self, batch: Sequence[str]) -> list[Decision]:
        decisions = decide(read(batch, PLACE, *TILLS), self.known)
        for decision in decisions:
            self.decisions.setdefault(decision.record.document, decision.outcome)
            if decision.filled_gap:
                kept = {each for each in self.exceptions if each[:2] != (str(decision.filled_gap), "GAP")}
                self.exceptions = kept
            self.exceptions |= {(str(each.sale_id), str(each.kind), each.detail) for each in decision.oddities}
        return decisions

    def state(self) -> str:
        known = self.known
        state: list[Any] = [
            sorted((str(key), value) for key, value in known.hashes.items()),
            sorted((str(series), counter, each.hash) for (series, counter), each in known.numbers.items()),
            sorted(
                (str(head.id), head.latest_counter, head.latest_hash, head.sales, head.total, head.opening_hash)
                for head in known.series.values()
            ),
            sorted(self.exceptions),
        ]
        return hashlib.sha256(json.dumps(state).encode()).hexdigest()


def expected() -> Journal:
    journal = Journal()
    journal.take(GENUINE)
    return journal


EXPECTED = expected()


@st.composite
def batches(draw: st.DrawFn, records: Sequence[str] = GENUINE) -> list[list[str]]:
    """All genuine records at least once, in any order and cut, with repeats, foreign and edited ones among them."""
    stream = draw(st.permutations(records))
    stream += draw(st.lists(st.sampled_from(records), max_size=10))
    stream += draw(st.lists(st.sampled_from(FOREIGN), max_size=5))
    stream += draw(st.lists(st.builds(edited, st.sampled_from(records), st.integers(0, 3000)), max_size=5))
    stream = draw(st.permutations(stream))
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=4)))
    return [list(stream[start:end]) for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def assert_nothing_false_is_booked(journal: Journal) -> None:
    for document, outcome in journal.decisions.items():
        is_genuine = document in GENUINE
        assert (outcome is not Outcome.QUARANTINED) == is_genuine, document


EXAMPLES = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EXAMPLES
@given(batches())
def test_it_ends_the_same_whatever_way_records_come(sequence: list[list[str]]) -> None:
    journal = Journal()
    for batch in sequence:
        journal.take(batch)
    assert journal.state() == EXPECTED.state()
    assert_nothing_false_is_booked(journal)


@EXAMPLES
@given(batches(), st.permutations(AGAIN))
def test_it_overwrites_nothing_when_a_device_signs_other_sales_under_known_numbers(
    sequence: list[list[str]], again: list[str]
) -> None:
    journal = Journal()
    for batch in sequence:
        journal.take(batch)
    assert {each.outcome for each in journal.take(again)} == {Outcome.QUARANTINED}
    assert journal.state() == EXPECTED.state()


def test_the_expected_end_is_what_it_should_be() -> None:
    """The yardstick itself: 14 sales, and exactly the oddities that were planted."""
    sales = [each for each in read(GENUINE, PLACE, *TILLS) if isinstance(each.content, Sale)]
    assert len(sales) == len(EXPECTED.known.numbers) == 14
    assert sorted(kind for _, kind, _ in EXPECTED.exceptions) == ["CHAIN", "CHAIN", "SUM", "SUM"]
    assert {kind for _, kind, _ in EXPECTED.exceptions} <= set(SaleException.Kind.values)
    assert new_id() not in EXPECTED.known.hashes
