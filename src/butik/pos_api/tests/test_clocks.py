"""Sales of devices whose clock is wrong, as the app signs them: booked, with a word about it, and nothing sticks."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import MILK, NOW, Shop, Till

from butik.lib import clock
from butik.lib.clock import to_wire
from butik.lib.signing import open_document
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.sales.checks import CLOCK_TOLERANCE
from butik.sales.models import DayFigure, QuarantinedRecord, Sale, SaleException, Series

TODAY = "2026-11-21"
# The latest that the app ever writes is 2900, the earliest 1900; whoever writes more is booked too.
CLOCKS = [
    "1000-01-01T00:00:00.000Z",
    "1900-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
    "1970-01-01T00:00:00.000Z",
    "1999-12-31T23:59:59.000Z",
    "2027-06-09T12:00:00.000Z",
    "2083-05-01T00:00:00.000Z",
    "2200-01-01T00:00:00.000Z",
    "2900-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z",
]


def book(line: Line, till: Till, *records: str) -> list[str]:
    response = line.post(till, "/journal", {"records": list(records)})
    assert response.status_code == 200, response.content
    return [each["outcome"] for each in msgspec.json.decode(response.content)["results"]]


def offset_of(says: str) -> int:
    return round((NOW - datetime.fromisoformat(says)) / timedelta(milliseconds=1))


def event_at(till: Till, says: str) -> str:
    said = msgspec.json.decode(open_document(till.event("SIGNED_IN"), "butik-event").payload)
    return till.sign("butik-event", said | {"at": says})


def listed(line: Line, till: Till, query: str) -> list[dict[str, Any]]:
    response = line.get(till, f"/receipts?{query}")
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = msgspec.json.decode(response.content)["receipts"]
    return found


@pytest.mark.parametrize("says", CLOCKS)
def test_a_device_that_knows_the_stores_time_is_booked_by_it(says: str, shop: Shop, till: Till, line: Line) -> None:
    off = offset_of(says)
    wrong: dict[str, Any] = {
        "started_at": says,
        "completed_at": says,
        "offset_ms": off,
        "business_date": TODAY,
    }
    opening = till.opening(at=says, offset_ms=off)
    assert book(line, till, opening, till.sale(MILK, **wrong), till.sale(MILK)) == ["BOOKED"] * 3
    with tenant_scope([till.org]):
        assert not QuarantinedRecord.objects.exists()
        first = Sale.objects.get(counter=1)
        assert abs(first.corrected_at - NOW) < timedelta(seconds=1)
        assert [each.kind for each in SaleException.objects.all()] == ["CLOCK"]
        assert list(DayFigure.objects.values_list("sales", "total")) == [(2, 2 * 1295)]
        assert Series.objects.get().sales == 2
    rows = listed(line, till, f"from={TODAY}&to={TODAY}")
    assert [each["number"] for each in rows] == ["12-3-N1-000002", "12-3-N1-000001"]
    assert all(each["completed_at"].startswith(TODAY) for each in rows)


@pytest.mark.parametrize("says", CLOCKS)
def test_a_device_that_knows_nothing_is_booked_under_the_day_that_it_says(
    says: str, shop: Shop, till: Till, line: Line
) -> None:
    lost: dict[str, Any] = {"started_at": says, "completed_at": says, "offset_ms": None, "business_date": says[:10]}
    assert book(line, till, till.opening(at=says), till.sale(MILK, **lost), till.sale(MILK)) == ["BOOKED"] * 3
    with tenant_scope([till.org]):
        assert [each.kind for each in SaleException.objects.all()] == ["CLOCK"]
        assert DayFigure.objects.get(business_date=TODAY).total == 1295
        assert DayFigure.objects.get(business_date=says[:10]).total == 1295
        assert all(each.latest_at <= NOW + CLOCK_TOLERANCE for each in DayFigure.objects.all())
    assert [each["number"] for each in listed(line, till, f"from={says[:10]}&to={says[:10]}")] == ["12-3-N1-000001"]
    assert len(listed(line, till, "q=12.95")) == 2


def test_events_and_closing_records_are_booked_whatever_their_moment(shop: Shop, till: Till, line: Line) -> None:
    records = [till.opening(at=CLOCKS[0]), *(event_at(till, says) for says in CLOCKS)]
    records += [till.sale(MILK), till.closing(at=CLOCKS[-1])]
    assert set(book(line, till, *records)) == {"BOOKED"}


@pytest.mark.parametrize("off", [-timedelta(days=365 * 56), -timedelta(days=1), timedelta(days=1), timedelta(days=400)])
def test_the_services_own_clock_may_be_wrong_and_put_right(
    off: timedelta, shop: Shop, till: Till, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device proves itself by the service's time, whatever it is; the day is the device's, and does not stick."""
    assert book(line, till, till.opening(), till.sale(MILK)) == ["BOOKED"] * 2
    monkeypatch.setattr(clock, "now", lambda: NOW + off)
    refused = line.post(till, "/journal", {"records": []})
    problem = msgspec.json.decode(refused.content)
    assert (refused.status_code, problem["type"]) == (401, "clock-skew")
    assert problem["server_time"] == (NOW + off).timestamp()
    at = (NOW + off).timestamp()
    sale = till.sale(MILK)
    response = line.post(till, "/journal", {"records": [sale]}, at=at)
    assert msgspec.json.decode(response.content)["results"][0]["outcome"] == "BOOKED"
    assert line.get(till, "/state", at=at).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert book(line, till, till.sale(MILK)) == ["BOOKED"]
    assert line.get(till, "/state").status_code == 200
    with tenant_scope([till.org]):
        assert list(DayFigure.objects.values_list("business_date", "sales")) == [(NOW.date(), 3)]
        assert not SaleException.objects.exclude(kind="CLOCK").exists()


def test_a_device_is_seen_again_when_the_services_clock_went_back(
    shop: Shop, till: Till, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    line.get(till, "/state", at=(NOW + timedelta(days=1)).timestamp())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    line.get(till, "/state")
    with tenant_scope([till.org]):
        assert shop.pos.devices.get().last_seen_at == NOW


def test_wrong_codes_are_not_counted_into_the_future(shop: Shop, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose clock is put back must not keep everybody waiting until it gets there again."""
    body = {"code": "AAAA-AAAA", "key": "A" * 43, "name": "x"}
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    statuses = [line.post_unsigned("/api/pos/v1/enrol", body).status_code for _ in range(11)]
    assert statuses[-1] == 429
    monkeypatch.setattr(clock, "now", lambda: NOW)
    assert line.post_unsigned("/api/pos/v1/enrol", body).status_code == 403


def test_an_hour_that_comes_twice_is_the_stores(shop: Shop, till: Till, line: Line) -> None:
    """The night on which summer time ends: both hours are two o'clock, and nothing is odd but that it was long ago."""
    for moment in (datetime.fromisoformat("2026-10-25T00:30:00Z"), datetime.fromisoformat("2026-10-25T01:30:00Z")):
        at = to_wire(moment)
        book(line, till, till.sale(MILK, started_at=at, completed_at=at, business_date="2026-10-25"))
    with tenant_scope([till.org]):
        assert list(DayFigure.objects.values_list("hour", "sales")) == [(2, 2)]
        assert not SaleException.objects.filter(kind="CLOCK").exists()
