"""A store that was put back signs anew what its devices know later versions of; a device that lies gains nothing."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import NOW, Shop, Till

from butik.articles.models import Article
from butik.lib import clock
from butik.lib.signing import decode
from butik.lib.versions import HIGHEST, LEEWAY, PAUSE, version_at
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api import putting_back
from butik.pos_api.models import StaffDocument
from butik.pos_api.tests.conftest import Line
from butik.pricing.actions import publish_prices
from butik.pricing.models import PriceFile
from butik.sales.enrolment import renew_enrolments
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier

PAPERS = ("prices", "staff", "enrolment")
Versions = dict[str, int]


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(putting_back, "_said", set())


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, till: Till) -> Callable[[timedelta], datetime]:
    """So late it is, at the store and at the device."""

    def move(later: timedelta) -> datetime:
        monkeypatch.setattr(clock, "now", lambda: NOW + later)
        till.now = NOW + later
        return NOW + later

    return move


@pytest.fixture
def open_for_sale(shop: Shop, till: Till) -> Shop:
    with tenant_scope([till.org]):
        publish_prices(store=shop.store, position=1, now=NOW)
    return shop


def state(line: Line, till: Till, known: Versions | None = None) -> Any:
    query = "&".join(f"{name}={version}" for name, version in (known or {}).items())
    answer = line.get(till, f"/state?{query}" if query else "/state")
    assert answer.status_code == 200, answer.content
    return msgspec.json.decode(answer.content)


def versions(line: Line, till: Till, known: Versions | None = None) -> Versions:
    said = state(line, till, known)
    return {paper: said[paper]["version"] for paper in PAPERS}


def change_all(shop: Shop, price: int, now: datetime) -> None:
    """New prices, one more assistant, another name of the store."""
    here = {"organisation_id": shop.store.organisation_id, "chain": shop.chain}
    with tenant_scope([shop.store.organisation_id]):
        Article.objects.filter(**here).update(price=price)
        shop.store.name = f"Havnen {price}"
        shop.store.save()
        renew_enrolments(store=shop.store, now=now)
        pin = make_pin_verifier("258013")
        ShopAssistant.objects.create(**here, store=shop.store, number=str(price), name="Maja", pin=pin)
    publish_prices(store=shop.store, position=version_at(now), now=now)


Rows = list[tuple[Any, dict[str, Any]]]


def backup(till: Till) -> Rows:
    """What a whole backup would bring back of the rows that count versions."""
    with tenant_scope([till.org]):
        return [
            (model, row)
            for model in (PriceFile, StaffDocument, Device)
            for row in model.objects.filter(organisation_id=till.org).values()
        ]


def put_back(till: Till, rows: Rows) -> None:
    with tenant_scope([till.org]):
        PriceFile.objects.filter(organisation_id=till.org).delete()
        StaffDocument.objects.filter(organisation_id=till.org).delete()
        ShopAssistant.objects.filter(organisation_id=till.org).delete()  # there was none yet
        for model, row in rows:
            if model is Device:
                Device.objects.filter(pk=row["id"]).update(**row)
            else:
                model.objects.create(**row)


def test_what_a_put_back_store_gives_next_is_later_than_all_that_devices_have_seen(
    open_for_sale: Shop, till: Till, line: Line, at: Callable[[timedelta], datetime]
) -> None:
    before = versions(line, till)
    rows = backup(till)
    for hours in (1, 2, 3):
        change_all(open_for_sale, 1000 + hours, at(timedelta(hours=hours)))
    seen = versions(line, till)
    assert all(seen[paper] > before[paper] for paper in PAPERS)
    put_back(till, rows)
    change_all(open_for_sale, 1900, at(timedelta(hours=4)))  # one change, after three that are lost
    after = versions(line, till)
    assert all(after[paper] > seen[paper] for paper in PAPERS)


def test_what_devices_know_a_later_version_of_is_signed_anew(
    open_for_sale: Shop, till: Till, line: Line, at: Callable[[timedelta], datetime], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "butik.pos_api.putting_back")
    first = state(line, till)
    rows = backup(till)
    change_all(open_for_sale, 1300, at(timedelta(hours=1)))
    seen = versions(line, till)
    put_back(till, rows)
    at(timedelta(hours=2))
    assert state(line, till)["prices"] == first["prices"]  # nobody has told it
    told = state(line, till, seen)
    assert all(told[paper]["version"] == version_at(NOW + timedelta(hours=2)) > seen[paper] for paper in PAPERS)
    assert told["prices"]["sha256"] == first["prices"]["sha256"]
    for paper in PAPERS:
        document = msgspec.json.decode(line.get(till, f"/{paper}").content)[paper]
        assert msgspec.json.decode(decode(document.split(".")[1]))["version"] == told[paper]["version"]
    assert len(caplog.records) == len(PAPERS)
    assert "was put back to an older state" in caplog.text
    assert state(line, till, seen) == told  # once is enough


@pytest.mark.parametrize("ahead", [1, PAUSE, LEEWAY])
def test_a_device_that_lies_causes_little(
    open_for_sale: Shop, till: Till, line: Line, at: Callable[[timedelta], datetime], ahead: int
) -> None:
    """It says at each poll, every minute for two hours, that it knows later ones."""
    found = []
    for seconds in range(0, 7200, 60):
        now = at(timedelta(seconds=seconds))
        lie = {paper: version_at(now) + ahead for paper in PAPERS}
        found.append(versions(line, till, lie))
    for paper in PAPERS:
        different = {each[paper] for each in found}
        assert len(different) <= 1 + 7200 // PAUSE
        assert max(different) <= version_at(NOW) + 7200 + LEEWAY + 1


@pytest.mark.parametrize("lie", [HIGHEST, version_at(NOW) + LEEWAY + 3601])
def test_what_no_clock_explains_is_not_followed_and_said_once(
    open_for_sale: Shop,
    till: Till,
    line: Line,
    at: Callable[[timedelta], datetime],
    caplog: pytest.LogCaptureFixture,
    lie: int,
) -> None:
    caplog.set_level(logging.WARNING, "butik.pos_api.putting_back")
    before = versions(line, till)
    at(timedelta(hours=1))
    for _ in range(3):
        assert versions(line, till, dict.fromkeys(PAPERS, lie)) == before
    assert [each.levelname for each in caplog.records] == ["ERROR"] * len(PAPERS)


@pytest.mark.parametrize("query", ["prices=x", "prices=-1", f"staff={2**31}", f"enrolment={10**400}", "prices="])
def test_a_poll_is_never_refused_for_it(till: Till, line: Line, query: str) -> None:
    assert line.get(till, f"/state?{query}").status_code == 200
