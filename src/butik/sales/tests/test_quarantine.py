"""Records are taken out of quarantine by a person, with a reason; the chain follows the store."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.support.till import MILK, NOW, Shop, Till

from butik.audit.models import AuditEntry
from butik.changes.models import OutboxItem
from butik.lib.signing import SigningKey, document_hash
from butik.live.models import LiveEvent
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.sales.actions import accept_quarantined
from butik.sales.by_hand import figures_fault
from butik.sales.enrolment import revoke_device
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sales.journal import Outcome
from butik.sales.models import DayFigure, HandBooking, QuarantinedRecord, Sale
from butik.sales.reading import Place
from butik.sales.tests.test_booking import outcomes, store_path
from butik.sales.totals import day_sums
from butik.sales.wire import Acceptance, Figures, TenderSum, Vat


def accept(shop: Shop, **changes: Any) -> Outcome | None:
    return accept_quarantined(
        record=QuarantinedRecord.objects.latest("received_at"),
        store=shop.store,
        reason="Signed before the tablet was stolen",
        actor="person:alice",
        forward=bool(changes.get("forward")),
        now=NOW,
        figures=changes.get("figures"),
    )


@pytest.fixture
def held(shop: Shop, place: Place, till: Till) -> Till:
    """A till that was revoked, and whose last sale came after that."""
    take = store_path(shop, place, till)
    take([till.opening(), till.sale()])
    with tenant_scope([till.org]):
        revoke_device(device=Device.objects.get(pk=till.device), actor="system", now=NOW)
    [late] = take([till.sale()])
    assert late.reason is not None
    return till


def test_it_leaves_what_is_held_outside_every_figure(held: Till) -> None:
    with tenant_scope([held.org]):
        assert DayFigure.objects.get().sales == 1
        assert QuarantinedRecord.objects.waiting().count_by_reason() == {"REVOKED": 1}


def test_it_books_what_a_person_accepts(shop: Shop, held: Till) -> None:
    with tenant_scope([held.org]):
        assert accept(shop) is Outcome.BOOKED
        assert Sale.objects.count() == DayFigure.objects.get().sales == 2
        record = QuarantinedRecord.objects.get()
        assert (record.accepted_by, record.accepted_at) == ("person:alice", NOW)
        assert not QuarantinedRecord.objects.waiting().exists()
        line = AuditEntry.objects.get(action="sales.quarantine.accepted")
        assert (line.actor, line.data) == ("person:alice", {"outcome": "BOOKED", "quarantined_for": "REVOKED"})


def test_it_accepts_once(shop: Shop, held: Till) -> None:
    with tenant_scope([held.org]):
        assert accept(shop) is Outcome.BOOKED
        assert accept(shop) is None
        assert Sale.objects.count() == 2


def test_it_knows_an_accepted_sale_when_it_comes_again(shop: Shop, place: Place, held: Till) -> None:
    with tenant_scope([held.org]):
        document = QuarantinedRecord.objects.get().document
        accept(shop)
    assert outcomes(store_path(shop, place, held)([document])) == ["KNOWN"]


def test_it_does_not_book_what_would_overwrite_another(shop: Shop, place: Place, till: Till) -> None:
    take = store_path(shop, place, till)
    other = replace(till).sale_payload([MILK]) | {"counter": 1, "prev": "0" * 64}
    take([till.opening(), till.sale()])
    assert outcomes(take([till.sign("butik-sale", other)])) == ["QUARANTINED"]
    with tenant_scope([till.org]):
        assert accept(shop) is Outcome.QUARANTINED
        assert Sale.objects.count() == 1
        assert not QuarantinedRecord.objects.waiting().exists()


@pytest.mark.parametrize("document", ["nonsense", "a.b.c"])
def test_it_does_not_book_what_nobody_can_read(document: str, shop: Shop, place: Place, till: Till) -> None:
    store_path(shop, place, till)([document])
    with tenant_scope([till.org]):
        assert accept(shop) is Outcome.QUARANTINED
        assert not Sale.objects.exists()


def test_it_books_on_a_persons_word_what_a_lost_key_signed(shop: Shop, place: Place, till: Till) -> None:
    take = store_path(shop, place, till)
    take([till.opening()])
    lost = replace(till, key=SigningKey.generate())
    assert outcomes(take([lost.sale()])) == ["QUARANTINED"]
    with tenant_scope([till.org]):
        assert accept(shop) is Outcome.BOOKED


def test_it_tells_the_chain_who_accepted_it_and_why(shop: Shop, held: Till) -> None:
    with tenant_scope([held.org]):
        accept(shop, forward=True)
        body = msgspec.json.decode(OutboxItem.objects.latest("id").body)
    assert body["accepted"] == {"by": "person:alice", "reason": "Signed before the tablet was stolen"}


def test_it_books_at_the_chain_what_was_accepted_at_the_store(shop: Shop, till: Till) -> None:
    opening, sale = till.opening(), till.sale()
    held = Item(NOW, sale, revoked=True)
    accepted = replace(held, accepted=Acceptance("person:alice", "It is genuine"))
    for items, booked in (([Item(NOW, opening), held], 0), ([accepted], 1), ([held, accepted], 1)):
        records = prepare_records(store=shop.store, items=items)
        with tenant_scope([till.org]):
            ingest_records(store=shop.store, records=records, now=NOW)
            assert Sale.objects.count() == booked
    with tenant_scope([till.org]):
        assert QuarantinedRecord.objects.get().accepted_by == "person:alice"


FIGURES = Figures(
    pos=3,
    date=NOW.date(),
    currency="DKK",
    total=12_500,
    vat=(Vat(2500, 10_000, 2000), Vat(0, 2500, 0)),
    payments=(TenderSum("CASH", 12_550),),
)


@pytest.fixture
def unreadable(shop: Shop, place: Place, till: Till) -> str:
    document = till.key.sign("butik-sale", b'{"nobody": "can read it"}')
    assert outcomes(store_path(shop, place, till)([document])) == ["QUARANTINED"]
    return document


def test_what_nobody_can_read_is_booked_by_hand_and_counts_once(
    shop: Shop, place: Place, till: Till, unreadable: str
) -> None:
    with tenant_scope([till.org]):
        before = LiveEvent.objects.filter(topic="sales").count()
        assert accept(shop, figures=FIGURES) is Outcome.BOOKED
        assert accept(shop, figures=FIGURES) is None
    assert outcomes(store_path(shop, place, till)([unreadable])) == ["QUARANTINED"]
    with tenant_scope([till.org]):
        figure = DayFigure.objects.get()
        assert (figure.sales, figure.total, figure.vat) == (1, 12_500, 2000)
        [row] = day_sums(organisation_id=till.org, store_id=shop.store.pk)
        assert (row.sales, row.total, row.rounding, len(row.by_vat)) == (1, 12_500, 50, 2)
        assert HandBooking.objects.get().booked_by == "person:alice"
        line = AuditEntry.objects.get(action="sales.quarantine.booked")
        assert (line.actor, line.data["total"], line.data["pos"]) == ("person:alice", 12_500, 3)
        assert LiveEvent.objects.filter(topic="sales").count() == before + 1


def test_a_booking_by_hand_travels_and_counts_once_at_the_chain_too(shop: Shop, till: Till, unreadable: str) -> None:
    with tenant_scope([till.org]):
        accept(shop, figures=FIGURES, forward=True)
        body = msgspec.json.decode(OutboxItem.objects.latest("id").body)
        for model in (HandBooking, DayFigure, QuarantinedRecord):
            model.objects.all().delete()  # as at a chain, which has none of it yet
    items = [Item(NOW, unreadable), Item(NOW, body["document"], accepted=msgspec.convert(body["accepted"], Acceptance))]
    for sent in (items, items[1:], items):
        records = prepare_records(store=shop.store, items=sent)
        with tenant_scope([till.org]):
            ingest_records(store=shop.store, records=records, now=NOW)
            assert (DayFigure.objects.get().total, HandBooking.objects.count()) == (12_500, 1)


def test_what_can_be_read_is_not_booked_by_hand(shop: Shop, held: Till) -> None:
    with tenant_scope([held.org]):
        assert accept(shop, figures=FIGURES) is Outcome.BOOKED
        assert not HandBooking.objects.exists()
        assert Sale.objects.count() == 2


WRONG: dict[str, dict[str, Any]] = {
    "total": {"total": 12_501},
    "nothing": {"total": 0, "vat": (Vat(2500, 0, 0),), "payments": (TenderSum("CASH", 1),)},
    "VAT": {"vat": (Vat(2500, 10_000, 2500), Vat(0, 2500, 0))},
    "one rate twice": {"vat": (Vat(0, 10_000, 0), Vat(0, 2500, 0))},
    "one rate below zero": {"vat": (Vat(2500, 15_000, 3000), Vat(0, -2500, 0))},
    "card is not rounded": {"payments": (TenderSum("CARD", 12_550),)},
    "too much cash": {"payments": (TenderSum("CASH", 12_551),)},
    "one tender twice": {"payments": (TenderSum("CASH", 10_000), TenderSum("CASH", 2500))},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_figures_that_cannot_be_are_not_booked(changes: dict[str, Any]) -> None:
    assert figures_fault(FIGURES) == ""
    assert figures_fault(msgspec.structs.replace(FIGURES, **changes)) != ""


def test_figures_of_a_store_that_cannot_be_stop_nothing_at_the_chain(shop: Shop, till: Till, unreadable: str) -> None:
    wrong = msgspec.structs.replace(FIGURES, total=1)
    said = Item(NOW, unreadable, accepted=Acceptance("person:alice", "Seen", wrong))
    records = prepare_records(store=shop.store, items=[said, Item(NOW, till.opening())])
    with tenant_scope([till.org]):
        decisions = ingest_records(store=shop.store, records=records, now=NOW)
        assert outcomes(decisions) == ["QUARANTINED", "BOOKED"]
        assert QuarantinedRecord.objects.get().accepted_at is None
        assert not HandBooking.objects.exists()


def test_what_was_booked_by_hand_stays_so_when_a_later_version_can_read_it(
    shop: Shop, place: Place, till: Till, unreadable: str
) -> None:
    take, opening, sale = store_path(shop, place, till), till.opening(), till.sale()
    with tenant_scope([till.org]):
        accept(shop, figures=FIGURES)
        QuarantinedRecord.objects.update(hash=document_hash(sale), document=sale)
    assert outcomes(take([opening, sale])) == ["BOOKED", "QUARANTINED"]
    with tenant_scope([till.org]):
        assert DayFigure.objects.get().sales == 1
