"""Receipts as people see them."""

from datetime import timedelta

from tests.support.till import BREAD, MILK, NOW, Shop, Till

from butik.lib.clock import to_wire
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale
from butik.sales.reading import Place
from butik.sales.receipt import format_number, read_receipt, read_trail
from butik.sales.tests.test_booking import store_path


def test_it_numbers_a_receipt_by_store_pos_series_and_counter() -> None:
    assert format_number(12, 3, "N1", 17) == "12-3-N1-000017"
    assert format_number(12, 3, "E2", 1_234_567) == "12-3-E2-1234567"


def test_it_shows_what_was_signed(shop: Shop, place: Place, till: Till) -> None:
    store_path(shop, place, till)([till.opening(), till.sale(MILK, BREAD)])
    with tenant_scope([till.org]):
        sale = Sale.objects.get()
        receipt = read_receipt(sale, shop.store)
    assert receipt.number == "12-3-N1-000001"
    assert [line.text for line in receipt.sale.lines] == ["MINIMÆLK 1L", "RUGBRØD"]
    assert receipt.paid == receipt.sale.total == 3790
    assert receipt.completed_at.hour == 13  # in the store's zone
    assert receipt.qr == f"BUTIK1|12-3-N1-000001|2026-11-21T12:00:02.000Z|3790|DKK|{sale.hash[:16]}"


def test_its_qr_bears_the_moment_that_it_shows(shop: Shop, place: Place, till: Till) -> None:
    wrong = till.sale(MILK, completed_at="1970-01-01T00:00:00.000Z", offset_ms=1_795_248_000_000)
    store_path(shop, place, till)([till.opening(), wrong])
    with tenant_scope([till.org]):
        receipt = read_receipt(Sale.objects.get(), shop.store)
    assert receipt.qr.split("|")[2] == to_wire(receipt.completed_at) == "2026-11-21T08:00:00.000Z"


def test_it_tells_a_supporter_how_a_sale_came_here(shop: Shop, place: Place, till: Till) -> None:
    opening = till.opening()
    till.now = NOW - timedelta(hours=3)
    store_path(shop, place, till)([opening, till.sale(total=1)])
    with tenant_scope([till.org]):
        trail = read_trail(Sale.objects.get(), shop.store)
    assert trail.delay_seconds == 3 * 3600 - 1
    assert [each.kind for each in trail.exceptions] == ["SUM"]
    assert trail.document.count(".") == 2
