"""Records are taken out of quarantine by a person, with a reason; the chain follows the store."""

from dataclasses import replace

import msgspec
import pytest
from tests.support.till import MILK, NOW, Shop, Till

from butik.audit.models import AuditEntry
from butik.changes.models import OutboxItem
from butik.lib.signing import SigningKey
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.sales.actions import accept_quarantined
from butik.sales.enrolment import revoke_device
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sales.journal import Outcome
from butik.sales.models import DayFigure, QuarantinedRecord, Sale
from butik.sales.reading import Place
from butik.sales.tests.test_booking import outcomes, store_path
from butik.sales.wire import Acceptance


def accept(shop: Shop, **changes: object) -> Outcome | None:
    return accept_quarantined(
        record=QuarantinedRecord.objects.latest("received_at"),
        store=shop.store,
        reason="Signed before the tablet was stolen",
        actor="person:alice",
        forward=bool(changes.get("forward")),
        now=NOW,
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
