"""What a device may put into quarantine in a day: a stolen till fills nobody's disk, and loses nobody's sale."""

import logging
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import MILK, NOW, Shop, Till

from butik.changes.models import OutboxItem
from butik.lib import bounds
from butik.lib.signing import SigningKey
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.pos_api.tests.test_sell import results
from butik.sales import quota
from butik.sales.enrolment import revoke_device
from butik.sales.models import QuarantinedRecord, Sale
from butik.sync.uplink import next_push, number_items, read_uplink

ROOM = 40_000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "MAX_QUARANTINE_DAY", ROOM)
    monkeypatch.setattr(quota, "MAX_QUARANTINE_DAY_REVOKED", ROOM // 4)


def junk(count: int, mark: str = "") -> list[str]:
    return [f"{mark}{number}".ljust(3000, "x") for number in range(count)]


def kept(till: Till) -> tuple[int, dict[str, int]]:
    """How many records stand in quarantine with their bytes, and what is said of the others."""
    with tenant_scope([till.org]):
        rows = QuarantinedRecord.objects.all()
        over = rows.filter(reason="OVER_QUOTA").values_list("document", flat=True)
        told = msgspec.json.decode(over[0]) if over else {}
        assert len(over) < 2
        assert OutboxItem.objects.filter(kind="record").count() >= rows.exclude(reason="OVER_QUOTA").count()
        return rows.exclude(reason="OVER_QUOTA").count(), told


def revoke(till: Till) -> None:
    with tenant_scope([till.org]):
        revoke_device(device=Device.objects.get(pk=till.device), actor="system", now=till.now)


@pytest.mark.parametrize(("is_revoked", "fit"), [(False, 9), (True, 2)])
def test_beyond_its_quota_only_number_and_size_are_kept_and_it_is_said_once(
    is_revoked: bool, fit: int, till: Till, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    if is_revoked:
        revoke(till)
    with caplog.at_level(logging.ERROR, logger="butik.sales.quota"):
        for mark in ("a", "b", "c"):
            found = results(line.post(till, "/journal", {"records": junk(10, mark)}))
            assert {each["outcome"] for each in found} == {"QUARANTINED"}
    assert kept(till) == (fit, {"records": 30 - fit, "bytes": (30 - fit) * 3000})
    assert len(caplog.records) == 1


def test_what_stands_here_costs_nothing_when_it_comes_again(till: Till, line: Line) -> None:
    for _ in range(3):
        results(line.post(till, "/journal", {"records": junk(9)}))
    assert kept(till) == (9, {})


def test_the_next_day_there_is_room_again(till: Till, line: Line) -> None:
    results(line.post(till, "/journal", {"records": junk(20)}))
    with tenant_scope([till.org]):
        for row in QuarantinedRecord.objects.all():
            row.received_at -= timedelta(days=1)
            row.save()
    results(line.post(till, "/journal", {"records": junk(9, "next")}))
    with tenant_scope([till.org]):
        assert QuarantinedRecord.objects.exclude(reason="OVER_QUOTA").count() == 18


def test_a_good_record_of_a_device_that_is_not_revoked_is_never_counted_out(till: Till, line: Line) -> None:
    first = till.opening()
    twin = till.sign("butik-sale", till.sale_payload([MILK]) | {"counter": 1, "prev": "0" * 64})
    found = results(line.post(till, "/journal", {"records": [*junk(30), first, till.sale(MILK), *junk(9, "b"), twin]}))
    assert [each["outcome"] for each in found if each["reason"] not in {"UNREADABLE", "OVER_QUOTA"}] == [
        "BOOKED",
        "BOOKED",
        "QUARANTINED",
    ]
    with tenant_scope([till.org]):
        assert Sale.objects.count() == 1
        assert QuarantinedRecord.objects.filter(reason="CONFLICT").count() == 1


def test_what_was_booked_before_the_revocation_is_known_also_when_there_is_no_room(till: Till, line: Line) -> None:
    records = [till.opening(), till.sale(MILK)]
    results(line.post(till, "/journal", {"records": records}))
    revoke(till)
    found = results(line.post(till, "/journal", {"records": [*junk(30), *records]}))
    assert [each["outcome"] for each in found[-2:]] == ["KNOWN", "KNOWN"]


def test_another_key_has_no_more_room(till: Till, line: Line) -> None:
    stranger = SigningKey.generate()
    forged = [stranger.sign("butik-sale", text.encode()) for text in junk(30)]
    results(line.post(till, "/journal", {"records": forged}))
    held, beyond = kept(till)
    assert (0 < held < 9, held + beyond["records"]) == (True, 30)


@pytest.mark.parametrize("letter", ["x", '"', "\\", "\x00", "é", "\u20ac"])
def test_a_record_that_is_no_document_never_wedges_the_push(
    letter: str, shop: Shop, till: Till, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quota, "MAX_QUARANTINE_DAY", bounds.MAX_QUARANTINE_DAY)
    size = 6_000_000 // len(msgspec.json.encode(letter)[1:-1])
    body: dict[str, Any] = {"records": [till.opening(), letter * size, till.sale(MILK)]}
    assert [each["outcome"] for each in results(line.post(till, "/journal", body))] == [
        "BOOKED",
        "QUARANTINED",
        "BOOKED",
    ]
    number_items(till.org, NOW)
    push = next_push(shop.store, read_uplink(), None, NOW)
    assert len(push.items) >= 3
    assert len(msgspec.json.encode(push)) < 2 * bounds.MAX_UNREADABLE + 20_000
