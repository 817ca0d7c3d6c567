"""What is done with a journal that is never edited leaves its line, and has its effect."""

from typing import Any

from django.test import Client
from tests.support.acts import told
from tests.support.cast import Cast, report, sell, signed_in, till
from tests.support.till import API, MILK, Till

from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import DayFigure, HandBooking, QuarantinedRecord, Sale
from butik.sales.signers import place_of
from butik.sales.tests.test_booking import chain_path
from butik.store_management.tests.test_journal import REASON, typed

__all__ = ["till"]  # one that has enrolled at the page tests' store


def only_held(till: Till) -> QuarantinedRecord:
    with tenant_scope([till.org]):
        return QuarantinedRecord.objects.get()


def page_of(cast: Cast, held: QuarantinedRecord) -> str:
    return f"/manage/{cast.store.pk}/quarantine/{held.pk}/"


def test_a_copy_is_asked_for(cast: Cast, till: Till) -> None:
    sale = sell(till, cast.store, MILK)
    path = f"{API}/receipts/{sale.pk}?copy=1"
    given: dict[str, Any] = Client().get(path, headers={"Authorization": till.proof("GET", path)}).json()
    told("sales.receipt.reprinted", cast.store, by=f"device:{till.device}", about=sale.pk)
    assert given["copies"] == 1


def test_a_record_is_accepted_out_of_quarantine(cast: Cast, till: Till) -> None:
    device = f"/manage/{cast.store.pk}/devices/{till.device}/revoke"
    signed_in(cast.bob).post(device, {"name": "Tablet"})
    report(till, [till.sale()])
    held = only_held(till)
    signed_in(cast.olga).post(page_of(cast, held), {"reason": REASON})
    said = {"outcome": "BOOKED", "quarantined_for": "REVOKED"}
    told("sales.quarantine.accepted", cast.store, by=cast.olga.actor, about=held.pk, **said)
    with tenant_scope([till.org]):
        assert DayFigure.objects.get().total == Sale.objects.get().total == till.total


def test_a_record_is_booked_by_hand(cast: Cast, till: Till) -> None:
    report(till, [till.key.sign("butik-sale", b"{}")])
    held = only_held(till)
    signed_in(cast.olga).post(page_of(cast, held), typed())
    with tenant_scope([till.org]):
        assert DayFigure.objects.get().total == 12_500
        assert HandBooking.objects.get().booked_by == cast.olga.actor
    said = {"outcome": "BOOKED", "quarantined_for": "UNREADABLE", "pos": 3, "currency": "DKK", "total": 12_500}
    told(
        "sales.quarantine.booked",
        cast.store,
        by=cast.olga.actor,
        about=held.pk,
        date=now().date().isoformat(),
        **said,
    )


def test_a_chain_takes_sales_in(cast: Cast, till: Till) -> None:
    chain_path(cast.shop, place_of(cast.store), till)([till.sale(), till.sale(), "rubbish"])
    counts = {"booked": 2, "known": 0, "quarantined": 1}
    told("sales.records.ingested", cast.store, by=f"store:{cast.store.pk}", about="", **counts)
    with tenant_scope([till.org]):
        assert Sale.objects.count() == 2
