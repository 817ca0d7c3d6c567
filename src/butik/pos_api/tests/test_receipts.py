"""Receipts of the own store, searched and printed again."""

from typing import Any

import msgspec
import pytest
from tests.support.till import BREAD, MILK, Shop, Till, open_shop

from butik.audit.models import AuditEntry
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.pos_api.tests.test_calls import problem
from butik.sales.models import Sale


def listed(line: Line, till: Till, query: str = "") -> list[str]:
    path = f"/receipts?{query}" if query else "/receipts"
    response = line.get(till, path)
    assert response.status_code == 200, response.content
    return [each["number"] for each in msgspec.json.decode(response.content)["receipts"]]


@pytest.fixture
def sold(till: Till, line: Line) -> Till:
    records = [till.opening(), till.sale(MILK), till.sale(BREAD), till.sale(MILK, BREAD)]
    assert line.post(till, "/journal", {"records": records}).status_code == 200
    return till


def test_it_lists_receipts_newest_first(sold: Till, line: Line) -> None:
    assert listed(line, sold) == ["12-3-N1-000003", "12-3-N1-000002", "12-3-N1-000001"]


def test_what_a_wrong_clock_has_dated_ahead_is_not_the_newest_for_ever(sold: Till, line: Line) -> None:
    ahead = sold.sale(MILK, business_date="2083-05-01")
    assert line.post(sold, "/journal", {"records": [ahead, sold.sale(BREAD)]}).status_code == 200
    assert listed(line, sold)[:2] == ["12-3-N1-000005", "12-3-N1-000003"]
    assert listed(line, sold, "q=N1-4") == listed(line, sold, "from=2083-05-01&to=2083-05-01") == ["12-3-N1-000004"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=12-3-N1-000002", [2]),
        ("q=3-n1-2", [2]),
        ("q=N1-2", [2]),
        ("q=13-3-N1-000002", []),
        ("q=2", [2]),
        ("q=37%2C90", [3]),
        ("q=12.95", [1]),
        ("q=rugb", [3, 2]),
        ("q=1001", [3, 1]),
        ("q=nothing", []),
        ("q=%25", []),
        ("from=2026-11-21&to=2026-11-21", [3, 2, 1]),
        ("to=2026-11-20", []),
        ("from=2026-11-22", []),
    ],
)
def test_it_finds_receipts_by_number_amount_text_and_day(query: str, found: list[int], sold: Till, line: Line) -> None:
    assert listed(line, sold, query) == [f"12-3-N1-{counter:06d}" for counter in found]


def test_it_goes_on_where_the_page_ended(sold: Till, line: Line) -> None:
    line.post(sold, "/journal", {"records": [sold.sale() for _ in range(60)]})
    first = msgspec.json.decode(line.get(sold, "/receipts").content)
    assert (len(first["receipts"]), first["more"]) == (50, True)
    rest = msgspec.json.decode(line.get(sold, f"/receipts?before={first['receipts'][-1]['id']}").content)
    assert (len(rest["receipts"]), rest["more"]) == (13, False)
    assert {each["id"] for each in first["receipts"]}.isdisjoint(each["id"] for each in rest["receipts"])


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-13-01"])
def test_it_explains_a_day_that_is_none(query: str, sold: Till, line: Line) -> None:
    assert problem(line.get(sold, f"/receipts?{query}")) == (422, "bad-request")


def test_it_shows_a_receipt_as_it_was_signed_and_counts_its_copies(sold: Till, line: Line) -> None:
    with tenant_scope([sold.org]):
        sale = Sale.objects.get(counter=1)

    def fetch(query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(line.get(sold, f"/receipts/{sale.id}{query}").content)
        return found

    assert fetch() == {"document": sale.document, "number": "12-3-N1-000001", "copies": 0}
    assert [fetch("?copy=1")["copies"] for _ in "12"] == [1, 2]
    assert fetch()["copies"] == 2
    with tenant_scope([sold.org]):
        assert AuditEntry.objects.filter(action="sales.receipt.reprinted", subject=str(sale.id)).count() == 2


def test_it_has_no_receipt_of_another_store(shop: Shop, sold: Till, line: Line) -> None:
    other = open_shop(number=13, chain=shop.chain, install=False)
    with tenant_scope([sold.org]):
        sale = Sale.objects.get(counter=1)
        Sale.objects.filter(pk=sale.pk).update(store_id=other.store.id)
        assert Device.objects.get(pk=sold.device).store_id == shop.store.id
    assert problem(line.get(sold, f"/receipts/{sale.id}")) == (404, "not-found")
    assert listed(line, sold) == ["12-3-N1-000003", "12-3-N1-000002"]


@pytest.mark.parametrize("asked", ["nonsense", "01900000-0000-7000-8000-000000000000", "1"])
def test_it_answers_404_for_a_receipt_that_is_not_there(asked: str, sold: Till, line: Line) -> None:
    assert problem(line.get(sold, f"/receipts/{asked}")) == (404, "not-found")
