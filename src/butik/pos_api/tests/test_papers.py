"""What a device fetches: its state, its enrolment, its staff, the price file, one article."""

import hashlib
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import NOW, Shop, Till, open_shop

from butik.articles.models import Article, Barcode
from butik.lib import clock
from butik.lib.signing import verify_document
from butik.lib.versions import version_at
from butik.organisation.keys import service_key
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api.tests.conftest import Line
from butik.pos_api.tests.test_calls import problem
from butik.pricing.models import PriceFile
from butik.sales.enrolment import renew_enrolments
from butik.staff.models import ShopAssistant
from butik.staff.pins import check_pin, make_pin_verifier

FIRST = version_at(NOW)


def get(line: Line, till: Till, path: str) -> dict[str, Any]:
    response = line.get(till, path)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = msgspec.json.decode(response.content)
    return found


def staff_of(line: Line, till: Till) -> dict[str, Any]:
    document = get(line, till, "/staff")["staff"]
    found: dict[str, Any] = msgspec.json.decode(verify_document(document, "butik-staff", service_key().public))
    return found


def hire(shop: Shop, number: str = "101", **fields: Any) -> ShopAssistant:
    with tenant_scope([shop.store.organisation_id]):
        assistant: ShopAssistant = ShopAssistant.objects.create(
            organisation_id=shop.store.organisation_id,
            chain=shop.chain,
            store=shop.store,
            number=number,
            name="Maja",
            pin=make_pin_verifier("258013"),
            **fields,
        )
    return assistant


def test_it_tells_a_device_what_is_newest(till: Till, line: Line) -> None:
    state = get(line, till, "/state")
    assert state == {
        "server_time": NOW.timestamp(),
        "prices": None,
        "staff": {"version": FIRST},
        "enrolment": {"version": FIRST},
        "minimum_app": "0.1.0",
        "series": None,
    }


def test_it_notes_at_most_once_a_minute_that_a_device_was_there(
    till: Till, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for seconds in (30, 61, 90):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: NOW + timedelta(seconds=seconds))
        get(line, till, "/state")
        with tenant_scope([till.org]):
            seen.append(Device.objects.get(pk=till.device).last_seen_at)
    assert seen == [NOW, NOW + timedelta(seconds=61), NOW + timedelta(seconds=61)]


def test_it_lists_the_till_staff_with_verifiers_and_no_pin(shop: Shop, till: Till, line: Line) -> None:
    assistant = hire(shop)
    hire(shop, "102", is_active=False)
    hire(shop, "103", blocked_at=NOW)
    staff = staff_of(line, till)
    [maja] = staff["staff"]
    assert (maja["id"], maja["number"], maja["role"], maja["pin_version"]) == (str(assistant.id), "101", "OPERATOR", 1)
    assert check_pin("258013", maja["pin"])
    assert not check_pin("258014", maja["pin"])


def test_it_signs_the_staff_again_only_when_it_has_changed(shop: Shop, till: Till, line: Line) -> None:
    assert [staff_of(line, till)["version"] for _ in "12"] == [FIRST, FIRST]
    hire(shop)
    assert [staff_of(line, till)["version"] for _ in "12"] == [FIRST + 1, FIRST + 1]
    assert get(line, till, "/state")["staff"] == {"version": FIRST + 1}
    with tenant_scope([till.org]):
        ShopAssistant.objects.update(is_active=False)
    assert staff_of(line, till)["version"] == FIRST + 2


def test_it_blocks_an_assistant_whose_pin_was_guessed_at(shop: Shop, till: Till, line: Line) -> None:
    assistant = hire(shop)
    odd = [till.event("PIN_BLOCKED"), till.event("PIN_BLOCKED", staff="nobody"), till.event("SIGNED_IN", staff="x")]
    line.post(till, "/journal", {"records": [*odd, till.event("PIN_BLOCKED", staff=str(assistant.id), pin_version=1)]})
    with tenant_scope([till.org]):
        assert ShopAssistant.objects.get().blocked_at == NOW
    assert staff_of(line, till)["staff"] == []


def test_it_gives_a_device_new_papers_when_the_store_has_changed(shop: Shop, till: Till, line: Line) -> None:
    with tenant_scope([till.org]):
        assert renew_enrolments(store=shop.store, now=NOW) == 0
        shop.store.name = "Nordly Havnen"
        shop.store.save()
        assert renew_enrolments(store=shop.store, now=NOW) == 1
        assert renew_enrolments(store=shop.store, now=NOW) == 0
    assert get(line, till, "/state")["enrolment"] == {"version": FIRST + 1}
    document = get(line, till, "/enrolment")["enrolment"]
    renewed = msgspec.json.decode(verify_document(document, "butik-enrolment", service_key().public))
    assert (renewed["version"], renewed["store"]["name"]) == (FIRST + 1, "Nordly Havnen")
    assert renewed["series"] == {"id": str(till.series), "label": "N1"}


def publish(shop: Shop, version: int, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    with tenant_scope([shop.store.organisation_id]):
        PriceFile.objects.create(
            organisation_id=shop.store.organisation_id,
            chain=shop.chain,
            store=shop.store,
            version=version,
            position=version,
            sha256=sha256,
            size=len(content),
            articles=1,
            manifest=f"manifest {version}",
            content=content,
            created_at=NOW,
        )
    return sha256


def test_it_hands_out_the_newest_price_file(shop: Shop, till: Till, line: Line) -> None:
    assert problem(line.get(till, "/prices")) == (404, "not-found")
    old, new = publish(shop, 1, b"old"), publish(shop, 2, b"new")
    assert get(line, till, "/state")["prices"] == {"version": 2, "sha256": new}
    assert get(line, till, "/prices") == {"prices": "manifest 2"}
    response = line.get(till, f"/prices/{new}")
    assert (response.content, response.headers["Content-Type"]) == (b"new", "application/vnd.butik.prices+gzip")
    assert "immutable" in response.headers["Cache-Control"]
    assert line.get(till, f"/prices/{old}").content == b"old"
    assert problem(line.get(till, f"/prices/{'0' * 64}")) == (404, "not-found")


def test_it_hands_out_no_price_file_of_another_store(shop: Shop, till: Till, line: Line) -> None:
    theirs = publish(open_shop(number=13, chain=shop.chain, install=False), 9, b"theirs")
    assert problem(line.get(till, f"/prices/{theirs}")) == (404, "not-found")
    assert get(line, till, "/state")["prices"] is None


def test_it_finds_an_article_by_any_spelling_of_its_code(shop: Shop, till: Till, line: Line) -> None:
    with tenant_scope([till.org]):
        milk = Article.objects.get(number="1001")
        same = {"organisation_id": till.org, "chain": shop.chain, "article": milk}
        Barcode.objects.create(code="5701234567899", **same)
        Barcode.objects.create(code="12345", **same)
    for code in ("5701234567899", "05701234567899"):
        found = get(line, till, f"/articles/by-barcode/{code}")
        assert (found["number"], found["price"], found["version"]) == ("1001", 1295, 412)
    weighed = get(line, till, "/articles/by-barcode/2612345012501")
    assert (weighed["number"], weighed["quantity"]) == ("1001", 1250)
    assert problem(line.get(till, "/articles/by-barcode/4006381333931")) == (404, "not-found")
