"""Sales over HTTP, as a device brings them."""

from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.support.till import BREAD, MILK, NOW, Shop, Till, enrol, open_shop

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.live.models import LiveEvent
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.sales.actions import accept_quarantined
from butik.sales.journal import Outcome
from butik.sales.models import DayFigure, Payment, QuarantinedRecord, Sale, SaleException, SaleLine, SaleVat, Series


def results(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = msgspec.json.decode(response.content)["results"]
    return found


def test_it_books_a_sale_with_everything_that_follows_from_it(shop: Shop, till: Till, line: Line) -> None:
    records = [till.opening(), till.sale(MILK, BREAD)]
    found = results(line.post(till, "/journal", {"records": records}))
    assert [(each["outcome"], each["number"]) for each in found] == [("BOOKED", ""), ("BOOKED", "12-3-N1-000001")]
    with tenant_scope([shop.store.organisation_id]):
        sale = Sale.objects.get()
        assert (sale.document, sale.total, sale.line_count) == (records[1], 1295 + 2495, 2)
        assert SaleLine.objects.count() == 2
        assert SaleVat.objects.get().gross == sale.total
        assert Payment.objects.get().amount == sale.total
        assert not SaleException.objects.exists()
        figure = DayFigure.objects.get()
        assert (figure.sales, figure.total, figure.hour) == (1, sale.total, 13)  # noon in UTC is one in Copenhagen
        series = Series.objects.get()
        assert (series.latest_counter, series.latest_hash, series.opening) == (1, sale.hash, records[0])
        assert OutboxItem.objects.filter(kind="record").count() == 2
        assert LiveEvent.objects.filter(topic="sales").count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_stores_nothing_on_a_full_disk_and_goes_on_when_there_is_space(line: Line) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the limit of pages is SQLite's")
    shop = open_shop()
    till = enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
    results(line.post(till, "/journal", {"records": [till.opening()]}))
    sales = [till.sale(MILK, BREAD) for _ in range(100)]

    def limit(pages: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA max_page_count = {pages}")

    limit(1)  # which SQLite takes for "as many as there are"
    response = line.post(till, "/journal", {"records": sales})
    assert (response.status_code, msgspec.json.decode(response.content)["type"]) == (507, "disk-full")
    assert not Sale.objects.exists()
    limit(1_000_000)
    assert {each["outcome"] for each in results(line.post(till, "/journal", {"records": sales}))} == {"BOOKED"}


@pytest.mark.django_db(transaction=True)
def test_it_commits_a_sale_with_twelve_statements(line: Line) -> None:
    """Outside any transaction of a test, as in a service: the plan of each engine is what runs there."""
    shop = open_shop()
    till = enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
    results(line.post(till, "/journal", {"records": [till.opening()]}))
    with CaptureQueriesContext(connection) as captured:
        results(line.post(till, "/journal", {"records": [till.sale(MILK, BREAD)]}))
    statements = [each["sql"] for each in captured]
    if connection.vendor == "sqlite":
        assert sum(each == "COMMIT" for each in statements) == 1
        assert len(statements) - 1 <= 12, statements
    with tenant_scope([till.org]):
        assert Sale.objects.count() == 1


def test_it_takes_another_devices_records_for_it(shop: Shop, till: Till, line: Line) -> None:
    """A rescue export: each record bears its own signature."""
    other = enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
    found = results(line.post(till, "/journal", {"records": [other.opening(), other.sale()]}))
    assert [each["number"] for each in found] == ["", "12-3-N2-000001"]


def test_a_rescue_file_of_a_device_that_the_store_forgot_is_held_and_booked_by_a_person(
    shop: Shop, till: Till, line: Line
) -> None:
    """The store was put back to before this device was enrolled: it is a stranger, and its sales are not lost."""
    stranger = Till(SigningKey.generate(), till.org, till.store, 3, new_id(), new_id(), "N7")
    records = [stranger.opening(), stranger.sale(), stranger.sale()]
    for _ in "12":
        found = results(line.post(till, "/journal", {"records": records}))
        assert [(each["outcome"], each["reason"]) for each in found] == [("QUARANTINED", "UNKNOWN_KEY")] * 3
    with tenant_scope([till.org]):
        held = list(QuarantinedRecord.objects.order_by("id"))
        assert sorted(each.document for each in held) == sorted(records)
        for each in sorted(held, key=lambda one: records.index(one.document)):
            outcome = accept_quarantined(
                record=each, store=shop.store, reason="Put back on Friday", actor="person:alice", forward=False, now=NOW
            )
            assert outcome is Outcome.BOOKED
        assert [each.counter for each in Sale.objects.order_by("counter")] == [1, 2]
    results(line.post(till, "/journal", {"records": records}))  # once more: nothing is doubled
    with tenant_scope([till.org]):
        assert (Sale.objects.count(), QuarantinedRecord.objects.filter(accepted_at__isnull=True).count()) == (2, 0)


def test_it_answers_a_repeated_call_as_the_first(till: Till, line: Line) -> None:
    body = msgspec.json.encode({"records": [till.opening(), till.sale(), "nonsense"]})
    first, again = (results(line.post(till, "/journal", body)) for _ in "12")
    assert [each["outcome"] for each in first] == ["BOOKED", "BOOKED", "QUARANTINED"]
    assert [each["outcome"] for each in again] == ["KNOWN", "KNOWN", "QUARANTINED"]
    assert [(each["hash"], each["number"], each["reason"]) for each in first] == [
        (each["hash"], each["number"], each["reason"]) for each in again
    ]


@pytest.mark.parametrize("record", [5, None, {"a": 1}, ["x"], True])
def test_it_stores_even_what_is_not_a_text(record: Any, till: Till, line: Line) -> None:
    found = results(line.post(till, "/journal", {"records": [till.opening(), record, till.sale()]}))
    assert [each["outcome"] for each in found] == ["BOOKED", "QUARANTINED", "BOOKED"]
    with tenant_scope([till.org]):
        assert QuarantinedRecord.objects.get().reason == "UNREADABLE"
