"""What becomes of a record, decided without a database."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.till import BREAD, MILK, NOW, VERSION, Till

from butik.lib.barcodes import check_digit
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, decode
from butik.sales.journal import Decision, Kind, Known, Outcome, Reason, decide
from butik.sales.reading import Place
from butik.sales.tests.records import a_place, a_till, empty_journal, read
from butik.sales.wire import Sale

BOOKED, KNOWN, QUARANTINED = Outcome.BOOKED, Outcome.KNOWN, Outcome.QUARANTINED


class Store:
    """A store's journal, and the tills that it knows."""

    def __init__(self) -> None:
        self.place: Place = a_place()
        self.till: Till = a_till(self.place)
        self.tills = [replace(self.till)]
        self.journal: Known = empty_journal()

    def take(self, *documents: str, is_revoked: bool = False) -> list[Decision]:
        return decide(read(documents, self.place, *self.tills, is_revoked=is_revoked), self.journal)

    def opened(self) -> "Store":
        self.take(self.till.opening())
        return self


def outcomes(decisions: list[Decision]) -> list[Outcome]:
    return [each.outcome for each in decisions]


def odd(decision: Decision) -> list[Kind]:
    return [each.kind for each in decision.oddities]


def test_it_books_a_series_of_sales_with_nothing_odd_about_them() -> None:
    store = Store()
    decisions = store.take(store.till.opening(), store.till.sale(), store.till.sale(MILK, BREAD), store.till.closing())
    assert outcomes(decisions) == [BOOKED] * 4
    assert not any(each.oddities for each in decisions)
    head = store.journal.series[store.till.series]
    assert (head.latest_counter, head.sales, head.total) == (2, 2, store.till.total)


def test_it_knows_the_same_bytes_again_and_changes_nothing() -> None:
    store = Store()
    documents = [store.till.opening(), store.till.sale(), store.till.event("SIGNED_IN"), store.till.closing()]
    store.take(*documents)
    assert outcomes(store.take(*documents, *documents)) == [KNOWN] * 8
    assert store.journal.series[store.till.series].sales == 1
    assert store.journal.series[store.till.series].id == store.till.series


def test_it_quarantines_another_event_under_a_known_id() -> None:
    store = Store()
    first, second = store.till.event("SIGNED_IN"), store.till.event("SIGNED_OUT")
    [booked] = store.take(first)
    payload = json.loads(decode(second.split(".")[1]))
    same_id = store.till.sign("butik-event", payload | {"id": str(booked.record.content.id)})  # type: ignore[union-attr]
    [decision] = store.take(same_id)
    assert (decision.outcome, decision.reason) == (QUARANTINED, Reason.CONFLICT)


def test_it_quarantines_other_bytes_under_a_known_id_or_number() -> None:
    store = Store().opened()
    first = store.till.sale_payload([MILK]) | {"counter": 1, "prev": store.till.prev}
    original = store.till.sign("butik-sale", first)
    same_id = store.till.sign("butik-sale", first | {"staff_number": "102"})
    same_number = store.till.sign("butik-sale", first | {"id": str(new_id())})
    decisions = store.take(original, same_id, same_number, store.till.opening())
    assert outcomes(decisions) == [BOOKED, QUARANTINED, QUARANTINED, QUARANTINED]
    assert [each.reason for each in decisions[1:]] == [Reason.CONFLICT] * 3
    assert store.journal.hashes[decisions[0].record.content.id] == decisions[0].record.hash  # type: ignore[union-attr]


def test_it_answers_the_same_for_what_is_in_quarantine_already() -> None:
    store = Store()
    for is_repeat in (False, True):
        [decision] = store.take("nonsense")
        assert (decision.outcome, decision.reason, decision.is_repeat) == (QUARANTINED, Reason.UNREADABLE, is_repeat)
        assert decision.detail == store.journal.quarantined[decision.record.hash][1] != ""
        assert decision.record.document == "nonsense"


def test_it_quarantines_what_a_stranger_signed() -> None:
    store = Store()
    stranger = a_till(store.place)
    [decision] = store.take(stranger.sale())
    assert decision.reason is Reason.UNKNOWN_KEY


def test_it_quarantines_what_was_changed_after_signing() -> None:
    store = Store()
    header, payload, signature = store.till.sale().split(".")

    def other(letter: str) -> str:
        return "A" if letter != "A" else "B"

    cut = [f"{header}.{payload[:-4]}.{signature}", f"{header}.{payload}.{other(signature[0])}{signature[1:]}"]
    flipped = f"{header}.{payload[:40]}{other(payload[40])}{payload[41:]}.{signature}"
    decisions = store.take(*cut, flipped)
    assert {each.reason for each in decisions} <= {Reason.BAD_SIGNATURE, Reason.UNREADABLE}
    assert outcomes(decisions) == [QUARANTINED] * 3


def test_it_quarantines_what_was_signed_again_with_another_key() -> None:
    store = Store()
    store.till.key = SigningKey.generate()
    [decision] = store.take(store.till.sale())
    assert decision.reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize("member", ["org", "store", "device"])
def test_it_quarantines_what_was_made_for_elsewhere(member: str) -> None:
    store = Store()
    changes: dict[str, Any] = {member: str(new_id())}
    [decision] = store.take(store.till.sale(**changes))
    assert decision.reason is Reason.FOREIGN


def test_it_quarantines_what_a_device_says_of_another_pos() -> None:
    store = Store()
    [decision] = store.take(store.till.sale(pos=4))
    assert decision.reason is Reason.FOREIGN


def test_it_quarantines_a_series_that_is_another_devices() -> None:
    store = Store().opened()
    second = a_till(store.place)
    store.tills.append(second)
    decisions = store.take(second.opening(), second.sale(series=str(store.till.series)))
    assert [each.reason for each in decisions] == [Reason.SERIES, Reason.SERIES]


def test_it_quarantines_what_a_revoked_device_sends_but_knows_what_it_sold_before() -> None:
    store = Store()
    opening, sale, late = store.till.opening(), store.till.sale(), store.till.sale()
    store.take(opening, sale)
    decisions = store.take(opening, sale, late, is_revoked=True)
    assert outcomes(decisions) == [KNOWN, KNOWN, QUARANTINED]
    assert decisions[-1].reason is Reason.REVOKED


def test_it_notes_a_gap_and_closes_it_when_the_missing_sale_arrives() -> None:
    store = Store().opened()
    first, second, third = store.till.sale(), store.till.sale(), store.till.sale()
    [_, gap] = store.take(first, third)
    assert odd(gap) == [Kind.GAP]
    assert gap.oddities[0].detail == "N1-000002 has not arrived"
    [late] = store.take(second)
    assert (odd(late), late.filled_gap) == ([], gap.oddities[0].sale_id)
    assert store.journal.series[store.till.series].latest_hash == gap.record.hash


def test_it_notes_a_sale_whose_opening_has_not_arrived() -> None:
    store = Store()
    opening, sale = store.till.opening(), store.till.sale()
    [first] = store.take(sale)
    assert odd(first) == [Kind.GAP]
    [late] = store.take(opening)
    assert late.filled_gap == first.oddities[0].sale_id


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_it_notes_a_sale_that_does_not_follow_the_one_before_in_either_order(order: tuple[int, int]) -> None:
    store = Store().opened()
    documents = [store.till.sale(), store.till.sale(prev="f" * 64)]
    decisions = store.take(*(documents[each] for each in order))
    chain = [each for decision in decisions for each in decision.oddities if each.kind is Kind.CHAIN]
    assert [each.detail for each in chain] == ["does not follow N1-000001"]
    late = next(each for each in decisions if each.record.document == documents[1])
    assert isinstance(late.record.content, Sale)
    assert chain[0].sale_id == late.record.content.id


def test_it_notes_prices_that_differ_and_articles_that_are_not_known() -> None:
    store = Store().opened()
    cheap = ("1001", "MINIMÆLK 1L", 1)
    unknown = ("9999", "UKENDT", 500)
    [decision] = store.take(store.till.sale(cheap, unknown, BREAD))
    assert {each.kind: each.detail for each in decision.oddities} == {
        Kind.PRICE: "line 1: 1 at 2500, was 1295 at 2500",
        Kind.UNKNOWN_ARTICLE: "line 2: 9999 version 412",
    }


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"total": 1}, "total"),
        ({"rounding": 5}, "rounding"),
        ({"vat": []}, "VAT"),
        ({"vat": [{"rate": 2500, "gross": 1295, "vat": 258}]}, "VAT"),
        ({"payments": []}, "rounding"),
    ],
)
def test_it_notes_sums_that_do_not_add_up(changes: dict[str, Any], word: str) -> None:
    store = Store().opened()
    [decision] = store.take(store.till.sale(**changes))
    assert (decision.outcome, odd(decision)) == (BOOKED, [Kind.SUM])
    assert word in decision.oddities[0].detail


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_ms": 120_001},
        {"offset_ms": -120_001},
        {"offset_ms": None},
        {"completed_at": to_wire(NOW + timedelta(seconds=200))},
        {"started_at": to_wire(NOW + timedelta(seconds=100))},
        {"business_date": "2026-11-01"},
        {"completed_at": to_wire(NOW - timedelta(days=91))},
        {"completed_at": "1000-01-01T00:00:00.000Z"},
        {"completed_at": "1970-01-01T00:00:00.000Z", "offset_ms": 1_795_000_000_000},
        {"completed_at": "2083-05-01T00:00:00.000Z"},
        {"completed_at": "9999-12-31T23:59:59.999-14:00", "business_date": "9999-12-31"},
        {"completed_at": "9999-12-31T23:59:59.999Z", "offset_ms": 10**15},
        {"completed_at": "1000-01-01T00:00:00.000+14:00", "offset_ms": -(10**15), "business_date": "1000-01-01"},
    ],
)
def test_it_notes_a_clock_that_cannot_be_right(changes: dict[str, Any]) -> None:
    store = Store().opened()
    [decision] = store.take(store.till.sale(**changes))
    assert (decision.outcome, odd(decision)) == (BOOKED, [Kind.CLOCK])


LABEL = f"260100100345{check_digit('260100100345')}"  # 345 g
PRICED = "2135040039753"  # 39.75


@pytest.mark.parametrize(
    ("kept", "unit", "quantity", "barcode", "fault"),
    [
        ("PCS", "PCS", 2000, "", ""),
        ("PCS", "PCS", 2500, "", "line 1: 2500 thousandths of a piece"),
        ("PCS", "PCS", 1, "", "line 1: 1 thousandths of a piece"),
        ("PCS", "KG", 345, LABEL, "line 1: sold by KG, its article by PCS"),
        ("KG", "PCS", 1000, "", "line 1: sold by PCS, its article by KG"),
        ("KG", "PCS", 1000, PRICED, ""),
        ("KG", "PCS", 1000, "5701234567899=995", ""),
        ("KG", "G", 345, "", "line 1: sold by G, its article by KG"),
        ("L", "KG", 345, LABEL, "line 1: sold by KG, its article by L"),
        ("KG", "KG", 345, LABEL, ""),
        ("KG", "KG", 1035, LABEL, ""),
        ("KG", "KG", 346, LABEL, "line 1: 346 KG, its label says 345"),
        ("G", "G", 345_000, LABEL, ""),
        ("G", "G", 345, LABEL, "line 1: 345 G, its label says 345000"),
        ("KG", "KG", 200, f"260100100000{check_digit('260100100000')}", ""),
        (None, "KG", 345, "", ""),
    ],
)
def test_it_notes_so_much_of_an_article_as_cannot_be(
    kept: str | None, unit: str, quantity: int, barcode: str, fault: str
) -> None:
    store = Store().opened()
    if kept:
        store.journal.units[MILK[0], VERSION] = kept
    [line] = replace(store.till).sale_payload([MILK], quantity)["lines"]
    sale = store.till.sale(MILK, quantity=quantity, lines=[line | {"unit": unit, "barcode": barcode}])
    [decision] = store.take(sale)
    assert decision.outcome == BOOKED
    assert [each.detail for each in decision.oddities if each.kind is Kind.QUANTITY] == ([fault] if fault else [])


def test_what_a_weighed_article_brings_along_follows_its_quantity() -> None:
    store = Store().opened()
    lines = replace(store.till).sale_payload([MILK, BREAD], 345)["lines"]
    [decision] = store.take(
        store.till.sale(MILK, BREAD, quantity=345, lines=[lines[0] | {"unit": "KG"}, lines[1] | {"linked_to": 1}])
    )
    assert odd(decision) == []


def test_it_finds_nothing_odd_in_a_sale_that_waited_for_days() -> None:
    store = Store().opened()
    store.till.now -= timedelta(days=9)
    [decision] = store.take(store.till.sale())
    assert odd(decision) == []


def test_only_cash_is_rounded() -> None:
    store = Store().opened()
    card = {"id": str(new_id()), "tender": "CARD", "amount": 1300, "tendered": 1300, "change": 0, "reference": "SIM-1"}
    [decision] = store.take(store.till.sale(rounding=5, payments=[card]))
    assert odd(decision) == [Kind.SUM]
    assert decision.oddities[0].detail == "rounding of 5 is more than cash explains"


def test_it_takes_cash_that_was_rounded() -> None:
    store = Store().opened()
    payment = {"id": str(new_id()), "tender": "CASH", "amount": 1300, "tendered": 2000, "change": 700}
    [decision] = store.take(store.till.sale(rounding=5, payments=[payment]))
    assert odd(decision) == []
