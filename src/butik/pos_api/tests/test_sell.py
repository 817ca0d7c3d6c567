"""Sales over HTTP, as a device brings them."""

from typing import Any

import msgspec
from tests.support.till import BREAD, MILK, Shop, Till

from butik.changes.models import OutboxItem
from butik.live.models import LiveEvent
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.sales.models import DayFigure, Payment, Sale, SaleException, SaleLine, SaleVat, Series


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
