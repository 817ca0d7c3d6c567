"""Records into the database: both engines, both paths, poison in the middle (RT-08), several at once."""

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum
from tests.support.till import BREAD, MILK, NOW, Shop, Till, open_shop

from butik.audit.models import AuditEntry
from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.live.models import LiveEvent
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sales.journal import Decision, Outcome
from butik.sales.models import (
    DayFigure,
    DeviceEvent,
    Payment,
    QuarantinedRecord,
    Sale,
    SaleException,
    SaleLine,
    SaleVat,
    Series,
)
from butik.sales.reading import Place, Reason
from butik.sales.receive import receive_from_device
from butik.sales.signers import load_signers
from butik.sales.tests.conftest import stand

Take = Callable[[Sequence[str]], list[Decision]]


def store_path(shop: Shop, place: Place, till: Till) -> Take:
    def take(documents: Sequence[str]) -> list[Decision]:
        with tenant_scope([place.organisation_id]):
            signer = load_signers(place=place, kids=[till.key.kid])[till.key.kid]
        return receive_from_device(documents, place=place, bearer=signer, now=NOW)

    return take


def chain_path(shop: Shop, place: Place, till: Till) -> Take:
    def take(documents: Sequence[str]) -> list[Decision]:
        records = prepare_records(store=shop.store, items=[Item(NOW, each) for each in documents])
        with tenant_scope([place.organisation_id]):
            return ingest_records(store=shop.store, records=records, now=NOW)

    return take


@pytest.fixture(params=[store_path, chain_path], ids=["store", "chain"])
def take(request: pytest.FixtureRequest, shop: Shop, place: Place, till: Till) -> Take:
    made: Take = request.param(shop, place, till)
    return made


def outcomes(decisions: Sequence[Decision]) -> list[str]:
    return [each.outcome.value for each in decisions]


def rows(model: Any, *names: str) -> list[tuple[Any, ...]]:
    return sorted(model.objects.values_list(*names), key=repr)


def state() -> dict[str, Any]:
    """Everything that the journal says, but for ids and moments of its own making."""
    return {
        "sales": rows(Sale, "id", "counter", "series_id", "total", "hash", "document", "corrected_at", "line_count"),
        "lines": rows(SaleLine, "sale_id", "n", "article_number", "amount", "vat", "quantity_milli", "linked_to"),
        "vat": rows(SaleVat, "sale_id", "rate", "gross", "vat"),
        "payments": rows(Payment, "sale_id", "n", "payment_id", "tender", "amount", "tendered", "change", "reference"),
        "series": rows(Series, "id", "latest_counter", "latest_hash", "sales", "total", "opening", "closing", "state"),
        "exceptions": rows(SaleException, "sale_id", "kind", "detail"),
        "events": rows(DeviceEvent, "id", "kind", "hash", "document"),
        "days": rows(DayFigure, "business_date", "hour", "sales", "total", "vat", "latest_at", "currency"),
    }


def test_it_ends_the_same_whatever_way_records_come(shop: Shop, till: Till, take: Take) -> None:
    records = [till.opening(), *(till.sale(MILK, BREAD) for _ in range(8)), till.event("SIGNED_OUT"), till.closing()]
    chance = random.Random(7)
    with tenant_scope([till.org]):
        take(records)
        expected = state()
        assert [len(each) for each in expected.values()] == [8, 16, 8, 8, 1, 0, 1, 1]
        for model in (SaleLine, SaleVat, Payment, SaleException, Sale, DeviceEvent, Series, DayFigure):
            model.objects.all().delete()
        stream = [*records, *records]
        chance.shuffle(stream)
        while stream:
            size = chance.randrange(1, 6)
            assert "QUARANTINED" not in outcomes(take(stream[:size]))
            del stream[:size]
        assert state() == expected


POISON: dict[str, Callable[[Till], str]] = {
    "not a document": lambda till: "hello",
    "a NUL": lambda till: "a\x00b",
    "a stray surrogate": lambda till: "a\udc80b",
    "emoji": lambda till: "🙈" * 10,
    "empty": lambda till: "",
    "three dots": lambda till: "a.b.c",
    "a NUL in a text": lambda till: changed_line(till, text="MILK\x00"),
    "a tab in a text": lambda till: changed_line(till, text="MI\tLK"),
    "a text that is too long": lambda till: changed_line(till, text="M" * 31),
    "an amount beyond all bounds": lambda till: changed_line(till, amount=10**30),
    "a fraction of an øre": lambda till: changed_line(till, amount=12.5),
    "a counter beyond all bounds": lambda till: till.sale(counter=2**31),
    "a counter of zero": lambda till: till.sale(counter=0),
    "no lines": lambda till: till.sale(lines=[]),
    "a year that is none": lambda till: till.sale(completed_at="0001-01-01T00:00:00.000Z"),
    "a moment without a zone": lambda till: till.sale(completed_at="2026-11-21T12:00:00"),
    "a date that is none": lambda till: till.sale(business_date="2026-02-30"),
    "an unknown tender": lambda till: till.sale(payments=[{"id": str(new_id()), "tender": "SHELLS", "amount": 1}]),
    "a version to come": lambda till: till.sale(v=2),
    "the same line twice": lambda till: doubled_line(till),
    "another type": lambda till: till.sign("butik-proof", till.sale_payload([MILK]) | {"counter": 9}),
    "a list": lambda till: till.sign("butik-sale", [1, 2]),  # type: ignore[arg-type]
}


def changed_line(till: Till, **changes: Any) -> str:
    [line] = till.sale_payload([MILK])["lines"]
    return till.sale(lines=[line | changes])


def doubled_line(till: Till) -> str:
    [line] = till.sale_payload([MILK])["lines"]
    return till.sale(lines=[line, line])


@pytest.mark.parametrize("poison", POISON)
def test_it_lets_no_bad_record_stop_those_behind_it(poison: str, till: Till, take: Take) -> None:
    """RT-08."""
    good = [till.opening(), till.sale()]
    bad = POISON[poison](replace(till))
    behind = [till.sale(), till.sale()]
    with tenant_scope([till.org]):
        for _ in "12":  # the second time everything is known, and the bad one still held
            decisions = take([*good, bad, *behind])
            assert decisions[2].outcome is Outcome.QUARANTINED
            assert decisions[2].reason is Reason.UNREADABLE
            assert [each.outcome is Outcome.QUARANTINED for each in decisions] == [False, False, True, False, False]
        assert Sale.objects.count() == 3
        held = QuarantinedRecord.objects.get()
        assert (held.reason, held.accepted_at) == ("UNREADABLE", None)
        assert held.document == bad or held.document.startswith("data:;base64,")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"quantity": -1000, "amount": -1295}, "SUM"),
        ({"unit_price": 999_999_999, "amount": 999_999_999}, "PRICE"),
        ({"vat_rate": 1200}, "PRICE"),
        ({"number": "0000"}, "UNKNOWN_ARTICLE"),
        ({"linked_to": 7}, "SUM"),
        ({"unit": "KG"}, "QUANTITY"),
    ],
)
def test_it_never_refuses_a_finished_sale_however_odd(
    changes: dict[str, Any], kind: str, till: Till, take: Take
) -> None:
    [line] = replace(till).sale_payload([MILK])["lines"]
    with tenant_scope([till.org]):
        decisions = take([till.opening(), till.sale(lines=[line | changes]), till.sale()])
        assert outcomes(decisions) == ["BOOKED"] * 3
        assert kind in set(SaleException.objects.values_list("kind", flat=True))
        assert Sale.objects.count() == 2


def test_it_quarantines_a_known_id_under_another_number_and_books_the_rest(till: Till, take: Take) -> None:
    opening, first = till.opening(), till.sale()
    take([opening, first])
    with tenant_scope([till.org]):
        taken = str(Sale.objects.get().id)
        decisions = take([till.sale(), till.sale(id=taken), till.sale()])
        assert outcomes(decisions) == ["BOOKED", "QUARANTINED", "BOOKED"]
        assert decisions[1].reason is Reason.CONFLICT
        assert Sale.objects.get(pk=taken).document == first


def test_it_closes_gaps_between_what_is_there(till: Till, take: Take) -> None:
    opening, *sales = till.opening(), *(till.sale() for _ in range(9))
    with tenant_scope([till.org]):
        take([opening, *sales[1::2]])
        assert SaleException.objects.filter(kind="GAP").count() == 4
        take([*sales[::2], sales[1]])
        assert not SaleException.objects.exists()


def test_it_tells_what_happened_once_a_batch(till: Till, take: Take, request: pytest.FixtureRequest) -> None:
    with tenant_scope([till.org]):
        take([till.opening(), *(till.sale() for _ in range(5)), "bad"])
        assert LiveEvent.objects.filter(topic="sales").count() == 1
        is_chain = "chain" in request.node.name
        assert OutboxItem.objects.count() == (0 if is_chain else 7)
        assert AuditEntry.objects.filter(action="sales.records.ingested").count() == is_chain


def test_it_takes_a_record_whose_device_comes_in_the_same_transaction(shop: Shop, place: Place) -> None:
    till = stand(shop)
    items = [Item(NOW, till.opening()), Item(NOW, till.sale())]
    with tenant_scope([till.org]):
        device = Device.objects.get(pk=till.device)
        Device.objects.all().delete()
        records = prepare_records(store=shop.store, items=items)
        assert {each.reason for each in records} == {Reason.UNKNOWN_KEY}
        device.save(force_insert=True)
        assert outcomes(ingest_records(store=shop.store, records=records, now=NOW)) == ["BOOKED", "BOOKED"]


def test_it_quarantines_at_the_chain_what_the_store_received_from_a_revoked_device(shop: Shop, till: Till) -> None:
    records = prepare_records(store=shop.store, items=[Item(NOW, till.sale(), revoked=True)])
    with tenant_scope([till.org]):
        [decision] = ingest_records(store=shop.store, records=records, now=NOW)
    assert decision.reason is Reason.REVOKED


def test_it_verifies_many_as_it_verifies_few(shop: Shop, till: Till) -> None:
    items = [Item(NOW, each) for each in (till.opening(), *(till.sale() for _ in range(40)), "bad")]
    many = prepare_records(store=shop.store, items=items)
    few = [record for item in items for record in prepare_records(store=shop.store, items=[item])]
    assert many == few


def leave(barrier: Barrier) -> None:
    barrier.wait()
    connection.close()


@contextmanager
def threads(count: int, folder: Path) -> Iterator[ThreadPoolExecutor]:
    """Threads with connections of their own; on SQLite to a copy in a file, since one in memory locks otherwise."""
    copy = folder / "copy.sqlite3"
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(copy)])

    def settle() -> None:
        if connection.vendor == "sqlite":
            mine = connections["default"]
            mine.settings_dict = mine.settings_dict | {"NAME": str(copy)}

    with ThreadPoolExecutor(count, initializer=settle) as pool:
        try:
            yield pool
        finally:
            barrier = Barrier(count)  # so that each thread gets one of these
            list(pool.map(lambda _: leave(barrier), range(count)))


@pytest.mark.django_db(transaction=True)
def test_it_books_every_sale_once_when_several_bring_the_same_at_once(tmp_path: Path) -> None:
    shop = open_shop()
    till = stand(shop)
    place = Place(till.org, shop.chain.id, shop.store.id, 12, "Europe/Copenhagen")
    opening, *sales = till.opening(), *(till.sale() for _ in range(24))
    take = store_path(shop, place, till)

    def bring(seed: int) -> list[str]:
        mine = [opening, *sales]
        random.Random(seed).shuffle(mine)
        return [each for sale in mine for each in outcomes(take([sale]))]

    def look() -> None:
        with tenant_scope([till.org]):
            series = Series.objects.get()
            assert (series.sales, series.latest_counter, series.total) == (24, 24, till.total)
            sums = DayFigure.objects.aggregate(Sum("sales"), Sum("total"))
            assert sums == {"sales__sum": 24, "total__sum": till.total}
            assert OutboxItem.objects.filter(kind="record").count() == 25
            assert not SaleException.objects.exists()
            assert not QuarantinedRecord.objects.exists()

    with threads(3, tmp_path) as pool:
        brought = list(pool.map(bring, range(3)))
        pool.submit(look).result()
    assert sum(each.count("BOOKED") for each in brought) == 25
    assert {outcome for each in brought for outcome in each} == {"BOOKED", "KNOWN"}


@pytest.mark.postgres
@pytest.mark.django_db
def test_it_quarantines_a_sale_whose_id_another_organisation_has_and_books_the_rest() -> None:
    """Row-level security hides the other sale, so only the database itself can say no."""
    theirs, ours = open_shop(install=False), open_shop(install=False, number=14)
    their_till, our_till = stand(theirs), stand(ours)
    sale = their_till.sale_payload([MILK])
    chain_path(theirs, Place(their_till.org, theirs.chain.id, theirs.store.id, 12, "UTC"), their_till)(
        [their_till.sign("butik-sale", sale | {"counter": 1, "prev": "0" * 64})]
    )
    place = Place(our_till.org, ours.chain.id, ours.store.id, 14, "UTC")
    records = [our_till.opening(), our_till.sale(id=sale["id"]), our_till.sale()]
    decisions = chain_path(ours, place, our_till)(records)
    assert outcomes(decisions) == ["BOOKED", "QUARANTINED", "BOOKED"]
    assert decisions[1].reason is Reason.CONFLICT
    with tenant_scope([their_till.org]):
        assert Sale.objects.get().store_id == theirs.store.id
    assert connection.vendor == "postgresql"
