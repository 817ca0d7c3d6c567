"""Device and store say how far a series has got: what the store has lost is asked for, and said."""

import logging
from typing import Any

import msgspec
import pytest
from tests.support.till import Till

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.organisation.installation import forget_installation
from butik.organisation.models import Installation
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.sales.models import Payment, Sale, SaleLine, SaleVat, Series
from butik.sync.models import Uplink


def say(line: Line, till: Till, sent: int, series: str = "") -> Any:
    answer = line.get(till, f"/state?series={series or till.series}&sent={sent}")
    assert answer.status_code == 200, answer.content
    return msgspec.json.decode(answer.content)["series"]


def sell(line: Line, till: Till, count: int) -> list[str]:
    records = [till.sale() for _ in range(count)]
    assert line.post(till, "/journal", {"records": records}).status_code == 200
    return records


def put_back(till: Till, counter: int) -> None:
    """The store as it was when it had `counter` sales of the series."""
    with tenant_scope([till.org]):
        gone = Sale.objects.filter(organisation_id=till.org, series_id=till.series, counter__gt=counter)
        ids = list(gone.values_list("pk", flat=True))
        for model in (SaleLine, SaleVat, Payment):
            model.objects.filter(sale_id__in=ids).delete()
        OutboxItem.objects.filter(ref__in=ids).delete()
        gone.delete()
        latest = Sale.objects.filter(organisation_id=till.org, series_id=till.series, counter=counter).first()
        Series.objects.filter(organisation_id=till.org, pk=till.series).update(
            latest_counter=counter, sales=counter, latest_hash=latest.hash if latest else ""
        )


def test_the_store_says_how_far_it_has_got(till: Till, line: Line) -> None:
    assert say(line, till, 0, series=str(new_id())) is None
    line.post(till, "/journal", {"records": [till.opening()]})
    assert say(line, till, 0) == {"id": str(till.series), "counter": 0, "hash": "", "sales": 0, "passed_on": 0}
    sell(line, till, 3)
    assert say(line, till, 3) == {
        "id": str(till.series), "counter": 3, "hash": till.prev, "sales": 3, "passed_on": 3,
    }  # fmt: skip


@pytest.mark.parametrize("query", ["", "?series=x&sent=1", "?sent=1", "?series=&sent=", "?sent=-1&series={}", "?x"])
def test_a_poll_is_never_refused_for_it(till: Till, line: Line, query: str) -> None:
    answer = line.get(till, "/state" + query.format(till.series))
    assert (answer.status_code, msgspec.json.decode(answer.content)["series"]) == (200, None)


def test_nothing_is_said_of_another_device_s_series(till: Till, line: Line) -> None:
    line.post(till, "/journal", {"records": [till.opening()]})
    with tenant_scope([till.org]):
        Series.objects.filter(organisation_id=till.org, pk=till.series).update(device_id=new_id())
    assert say(line, till, 0) is None


def test_what_the_chain_does_not_have_yet_is_not_passed_on(till: Till, line: Line) -> None:
    line.post(till, "/journal", {"records": [till.opening()]})
    sell(line, till, 2)
    Installation.objects.update(chain_url="http://localhost:9")
    forget_installation()
    Uplink.objects.get_or_create(pk=1)
    with tenant_scope([till.org]):
        for seq, item in enumerate(OutboxItem.objects.order_by("id"), 1):
            OutboxItem.objects.filter(pk=item.pk).update(seq=seq, uid=new_id())
    assert say(line, till, 2)["passed_on"] == 0
    with tenant_scope([till.org]):
        Uplink.objects.update(acked=OutboxItem.objects.count())
    assert say(line, till, 2)["passed_on"] == 2


def test_a_store_that_was_put_back_says_what_it_misses_and_when_it_is_back(
    till: Till, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "butik.sales.standing")
    line.post(till, "/journal", {"records": [till.opening()]})
    records = sell(line, till, 4)
    put_back(till, 1)
    assert say(line, till, 4)["counter"] == 1
    assert say(line, till, 4)["counter"] == 1
    [said] = caplog.records
    assert said.message.startswith(f"Device of POS {till.pos}: sales 2 to 4 were acknowledged and are not here")
    caplog.clear()
    line.post(till, "/journal", {"records": records[1:]})
    standing = say(line, till, 4)
    assert (standing["counter"], standing["sales"]) == (4, 4)
    assert [each.message for each in caplog.records] == [
        f"Device of POS {till.pos}: the sales up to 4 that were missing are here again."
    ]
    with tenant_scope([till.org]):
        counters = Sale.objects.filter(organisation_id=till.org, series_id=till.series).order_by("counter")
        assert list(counters.values_list("counter", flat=True)) == [1, 2, 3, 4]
