"""What a device asks the emergency cloud, in normal days and in an emergency."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pyrage
import pytest
from tests.support.fingerprint import changed, fingerprint
from tests.support.till import BREAD, MILK, NOW

from butik.changes.models import FeedEntry
from butik.emergency.actions import mark_recovered, release_store
from butik.emergency.models import Emergency, EmergencyStore, Order, Paper, Readiness, RecordPosition
from butik.emergency.orders import VALID_FOR, renew_orders
from butik.emergency.tests.conftest import STAFF, Cloud, activate_chain, keep_backup, make_cloud, payload
from butik.lib import clock
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.lib.versions import version_at
from butik.live.models import LiveEvent
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Device, EnrolmentCode, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import QuarantinedRecord, Sale, Series
from butik.vault.keys import recipient_of
from butik.vault.models import StoredPrices


def test_a_device_of_a_store_that_was_never_prepared_becomes_known_by_its_papers(cloud: Cloud) -> None:
    papers = cloud.papers[0]
    answer = cloud.get(papers, "/state")
    assert answer.status_code == 401
    assert answer.json()["type"] == "unknown-device"
    said = cloud.said(cloud.ready(papers))
    assert said["order"] is None
    assert said["prices"] is None  # nothing was ever backed up
    assert cloud.said(cloud.get(papers, "/state"))["staff"] == {"version": 0}
    with tenant_scope([cloud.organisation_id]):
        device = Device.objects.get(pk=papers.till.device)
        assert (device.store_id, device.state) == (cloud.shops[0].store.pk, "ACTIVE")
        assert Readiness.objects.get(device=device).checked_at == NOW


def test_a_store_that_was_opened_since_is_named_by_its_devices(cloud: Cloud) -> None:
    store = cloud.shops[0].store
    with tenant_scope([cloud.organisation_id]):
        for rows in (EnrolmentCode, FeedEntry):
            rows.objects.all().delete()
        store.poss.all().delete()
        Store.objects.filter(pk=store.pk).delete()
    cloud.said(cloud.ready(cloud.papers[0]))
    with tenant_scope([cloud.organisation_id]):
        found = Store.objects.get(pk=store.pk)
        assert (found.number, found.name) == (store.number, store.name)


@pytest.mark.parametrize(
    "wrong", ["another key", "another store's enrolment", "a certificate of nobody's root", "no key", "rubbish"]
)
def test_bad_papers_make_nobody_known(cloud: Cloud, wrong: str) -> None:
    papers, other = cloud.papers
    said: dict[str, Any] = {
        "another key": {"key": encode(SigningKey.generate().public)},
        "another store's enrolment": {"enrolment": other.enrolment},
        "a certificate of nobody's root": {"certificate": _sign_anew(papers.certificate)},
        "no key": {"key": ""},
        "rubbish": {"enrolment": "a.b.c"},
    }[wrong]
    answer = cloud.ready(papers, **said)
    assert answer.status_code == 401
    assert answer.json()["type"] == "unknown-device"
    with tenant_scope([cloud.organisation_id]):
        assert not Device.objects.filter(pk=papers.till.device).exists()


@pytest.mark.parametrize("sub", ["the other's", "its own"])
def test_who_is_not_believed_changes_nothing(backed: Cloud, sub: str) -> None:
    """Store 12's key vouches for a device with the id of store 13's, at its number or at that POS's id."""
    thief, victim = backed.papers
    key = SigningKey.generate()
    till = replace(thief.till, key=key, device=victim.till.device if sub == "the other's" else new_id())
    described = payload(thief.enrolment) | {"version": 999}
    of_victim = payload(victim.enrolment)
    named = (
        {"device": of_victim["device"] | {"kid": key.kid}},
        {"device": {"id": str(till.device), "kid": key.kid}, "pos": of_victim["pos"] | {"number": 44}},
        {"device": {"id": str(till.device), "kid": key.kid}, "store": of_victim["store"]},
        {"device": {"id": str(till.device), "kid": key.kid}, "pos": {"id": 10**400}},
    )
    before = fingerprint(backed.organisation_id)
    for changes in named:
        enrolment = service_key().sign("butik-enrolment", msgspec.json.encode(described | changes))
        answer = backed.ready(replace(thief, till=till, enrolment=enrolment))
        assert (answer.status_code, answer.json()["type"]) == (401, "unknown-device")
        assert changed(before, fingerprint(backed.organisation_id)) == []


def _sign_anew(document: str) -> str:
    return SigningKey.generate().sign("butik-key", msgspec.json.encode(payload(document)))


def test_papers_of_a_controller_that_was_replaced_make_nobody_known(cloud: Cloud) -> None:
    store = cloud.shops[0].store
    with tenant_scope([cloud.organisation_id]):
        store.key_version = 2
        newer = issue_certificate(store=store, key=SigningKey.generate().public, now=NOW)
        Store.objects.filter(pk=store.pk).update(key_version=2, key=b"2" * 32)
    assert newer
    answer = cloud.ready(cloud.papers[0])
    assert answer.status_code == 403
    assert answer.json()["type"] == "old-key"


def test_a_device_of_another_chain_gets_nothing(backed: Cloud) -> None:
    """Its proof is bound to its own chain's emergency, so it opens no other's."""
    stranger = make_cloud(stores=1)
    papers = backed.papers[0]
    answer = backed.get(papers, "/state", aud="emergency/01900000-0000-7000-8000-000000000000")
    assert answer.status_code == 401
    assert answer.json()["type"] == "bad-proof"
    assert stranger.get(stranger.papers[0], "/state").status_code == 401  # not known before it is ready
    stranger.said(stranger.ready(stranger.papers[0]))
    emergency = activate_chain(backed)
    with tenant_scope([backed.organisation_id]):
        order = emergency.orders.get()
    assert stranger.said(stranger.get(stranger.papers[0], "/state"))["order"] is None
    refused = stranger.post(stranger.papers[0], "/enter", {"order": str(order.pk)})
    assert (refused.status_code, refused.json()["type"]) == (409, "not-active")


def test_prices_are_the_stores_own_and_signed_by_the_emergency_root_alone(backed: Cloud) -> None:
    """Truth 12."""
    papers, store = backed.papers[0], backed.shops[0].store
    said = backed.said(backed.get(papers, "/state"))
    manifest = backed.signed(backed.said(backed.get(papers, "/prices"))["prices"], "butik-prices")
    assert (manifest["version"], manifest["sha256"]) == (said["prices"]["version"], said["prices"]["sha256"])
    assert manifest["store"] == str(store.pk)
    content = backed.get(papers, f"/prices/{manifest['sha256']}")
    assert content.headers["Content-Type"] == "application/vnd.butik.prices+gzip"
    assert (hashlib.sha256(content.content).hexdigest(), len(content.content)) == (
        manifest["sha256"],
        manifest["size"],
    )
    staff = backed.signed(backed.said(backed.get(papers, "/staff"))["staff"], "butik-staff")
    assert [each["name"] for each in staff["staff"]] == ["Maja"]
    with tenant_scope([backed.organisation_id]):
        assert Readiness.objects.get(device_id=papers.till.device).held_sha256 == manifest["sha256"]
        theirs = StoredPrices.objects.exclude(store=store).values_list("sha256", flat=True).first()
    assert backed.get(papers, f"/prices/{theirs}").status_code == 404


@pytest.mark.parametrize("door", ["/ready", "/state", "/enter"])
def test_a_cloud_that_was_put_back_signs_anew_what_devices_have_seen_later_versions_of(
    backed: Cloud, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a device would refuse the staff as older, and could not enter."""
    papers, emergency = backed.papers[0], activate_chain(backed)
    with tenant_scope([backed.organisation_id]):
        order = emergency.orders.get()
    given = backed.said(backed.get(papers, "/state"))
    later = NOW + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    seen = {"prices": version_at(NOW) + 3600, "staff": version_at(NOW) + 3600}  # what it gave an hour ago is lost
    if door == "/ready":
        backed.said(backed.ready(papers, known=seen))
    elif door == "/enter":
        said = backed.said(backed.post(papers, door, {"order": str(order.pk), "known": seen}))
        assert payload(said["staff"])["version"] == payload(said["prices"])["version"] == version_at(later)
    else:
        backed.said(backed.get(papers, f"/state?prices={seen['prices']}&staff={seen['staff']}"))
    now_given = backed.said(backed.get(papers, "/state"))
    assert now_given["prices"] == given["prices"] | {"version": version_at(later)}
    assert now_given["staff"] == {"version": version_at(later)}
    lie = f"/state?prices={2**31 - 1}&staff={2**31 - 1}"
    assert backed.said(backed.get(papers, lie))["staff"] == now_given["staff"]


def test_versions_only_grow_also_when_an_older_backup_is_chosen(backed: Cloud) -> None:
    papers, store = backed.papers[0], backed.shops[0].store
    for shop in backed.shops:
        keep_backup(shop.store, days_ago=5)
    before = backed.said(backed.get(papers, "/state"))["prices"]
    activate_chain(backed, date=(NOW - timedelta(days=5)).date())
    during = backed.said(backed.get(papers, "/state"))["prices"]
    assert during["sha256"] != before["sha256"]
    assert during["version"] == before["version"] + 1
    with tenant_scope([backed.organisation_id]):
        assert Paper.objects.get(store=store, kind="PRICES").version == during["version"]


def test_the_emergency_sells_from_the_chosen_backup_whatever_is_newer(backed: Cloud) -> None:
    """Prices and staff alike, also when one is proven while it is active."""
    papers, store = backed.papers[0], backed.shops[0].store
    recipient = pyrage.x25519.Recipient.from_str(recipient_of(store.chain_id))
    older = [STAFF[0] | {"name": "Older Maja"}]
    chosen = keep_backup(store, days_ago=5, staff=pyrage.encrypt(msgspec.json.encode(older), [recipient]))
    keep_backup(store, days_ago=9)
    keep_backup(backed.shops[1].store, days_ago=5)
    activate_chain(backed, date=(NOW - timedelta(days=5)).date())
    keep_backup(store, now=NOW + timedelta(hours=1))
    said = backed.said(backed.post(papers, "/enter", {"order": payload(backed.order(papers))["id"]}))
    for document in (said["prices"], backed.said(backed.get(papers, "/prices"))["prices"]):
        manifest = backed.signed(document, "butik-prices")
        assert (manifest["backup"], manifest["sha256"]) == (str(chosen.pk), chosen.price_sha256)
    for document in (said["staff"], backed.said(backed.get(papers, "/staff"))["staff"]):
        assert [each["name"] for each in backed.signed(document, "butik-staff")["staff"]] == ["Older Maja"]
    assert backed.signed(said["assignment"], "butik-assignment")["backup"]["id"] == str(chosen.pk)


def test_every_device_is_told_and_enters_once(backed: Cloud, active: Emergency) -> None:
    first = backed.papers[0]
    order = backed.signed(backed.order(first), "butik-order")
    assert (order["kind"], order["store"], order["unattended"]) == ("ACTIVATE", None, "CLOSE")
    assert order["version"] == version_at(NOW)
    assert order["emergency"] == {"id": str(active.pk), "number": 1}
    with tenant_scope([backed.organisation_id]):
        told = LiveEvent.objects.filter(topic="order").values_list("store_id", flat=True)
        assert set(told) == {shop.store.pk for shop in backed.shops}
    said = backed.said(backed.post(first, "/enter", {"order": order["id"]}))
    assignment = backed.signed(said["assignment"], "butik-assignment")
    assert (assignment["pos"], assignment["series"]["label"], assignment["choice"]) == (3, "E1", "EXACT")
    assert assignment["key"] == encode(first.till.key.public)
    assert backed.signed(said["prices"], "butik-prices")["backup"] == assignment["backup"]["id"]
    assert backed.said(backed.post(first, "/enter", {"order": order["id"]})) == said


def test_a_second_device_at_the_same_pos_opens_the_next_series(backed: Cloud, active: Emergency) -> None:
    first = backed.papers[0]
    order = backed.order(first)
    assert backed.enter(first, order).label == "E1"
    with tenant_scope([backed.organisation_id]):
        Device.objects.filter(pk=backed.papers[1].till.device).update(
            store_id=backed.shops[0].store.pk, pos_id=Device.objects.get(pk=first.till.device).pos_id
        )
    assert backed.enter(backed.papers[1], order).label == "E2"


def test_without_a_backup_it_switches_and_has_nothing_to_sell_from(cloud: Cloud) -> None:
    for papers in cloud.papers:
        cloud.said(cloud.ready(papers))
    activate_chain(cloud, accept_none=True)
    papers = cloud.papers[0]
    said = cloud.said(cloud.post(papers, "/enter", {"order": payload(cloud.order(papers))["id"]}))
    assignment = payload(said["assignment"])
    assert (assignment["choice"], assignment["backup"], said["prices"], said["staff"]) == ("NONE", None, None, None)


def test_sales_of_both_series_are_booked_and_have_gapless_positions(backed: Cloud, active: Emergency) -> None:
    """Truth 5 and 13: what was completed before the switch comes too, once however often it is sent."""
    papers = backed.papers[0]
    normal = papers.till
    before = [normal.opening(), normal.sale(MILK)]
    emergency = backed.enter(papers, backed.order(papers))
    during = [emergency.opening(reason="EMERGENCY"), emergency.sale(BREAD), emergency.sale(MILK, BREAD)]
    assert {each["outcome"] for each in backed.report(papers, before + during)} == {"BOOKED"}
    assert {each["outcome"] for each in backed.report(papers, before + during)} == {"KNOWN"}
    bad = SigningKey.generate().sign("butik-sale", b"{}")
    assert [each["outcome"] for each in backed.report(papers, [bad, emergency.sale()])] == ["QUARANTINED", "BOOKED"]
    assert [each["outcome"] for each in backed.report(papers, [bad])] == ["QUARANTINED"]
    with tenant_scope([backed.organisation_id]):
        assert Sale.objects.count() == 4
        assert set(Series.objects.values_list("label", flat=True)) == {"N1", "E1"}
        positions = RecordPosition.objects.order_by("position").values_list("position", flat=True)
        assert list(positions) == [1, 2, 3, 4, 5, 6, 7]


def test_a_revoked_device_may_only_hand_in_what_it_has(backed: Cloud, active: Emergency) -> None:
    papers = backed.papers[0]
    till = backed.enter(papers, backed.order(papers))
    with tenant_scope([backed.organisation_id]):
        Device.objects.filter(pk=till.device).update(state=Device.State.REVOKED)
    for answer in (backed.get(papers, "/state"), backed.ready(papers), backed.get(papers, "/prices")):
        assert (answer.status_code, answer.json()["type"]) == (403, "device-revoked")
    assert [each["reason"] for each in backed.report(papers, [till.opening(), till.sale()])] == ["REVOKED", "REVOKED"]
    with tenant_scope([backed.organisation_id]):
        assert QuarantinedRecord.objects.count() == 2
        assert RecordPosition.objects.count() == 2


def test_a_released_store_is_told_to_stop_and_nobody_enters_it_any_more(backed: Cloud, active: Emergency) -> None:
    with tenant_scope([backed.organisation_id]):
        rows = {each.store_id: each for each in EmergencyStore.objects.select_related("store", "emergency")}
        row = rows[backed.shops[0].store.pk]
        order = active.orders.get()
    release_store(row=row, actor="system", now=NOW)
    first, second = backed.papers
    told = payload(backed.order(first))
    assert (told["kind"], told["store"], told["version"]) == ("RELEASE", str(row.store_id), version_at(NOW) + 1)
    assert payload(backed.order(second))["kind"] == "ACTIVATE"
    refused = backed.post(first, "/enter", {"order": str(order.pk)})
    assert (refused.status_code, refused.json()["type"]) == (409, "not-active")
    mark_recovered(row=row, totals_sha256="0" * 64, actor="system", now=NOW)
    assert payload(backed.order(first))["kind"] == "RECOVERED"


def test_an_order_is_signed_again_before_it_expires(backed: Cloud, active: Emergency) -> None:
    later = NOW + timedelta(days=16)
    assert renew_orders(organisation_id=backed.organisation_id, now=NOW + timedelta(days=14)) == 0
    assert renew_orders(organisation_id=backed.organisation_id, now=later) == 1
    with tenant_scope([backed.organisation_id]):
        order = Order.objects.get()
    again = backed.signed(order.document, "butik-order")
    assert (again["id"], again["version"]) == (str(order.pk), version_at(NOW))
    assert order.expires_at == later + VALID_FOR


def test_a_body_that_does_not_fit_is_refused_in_words(backed: Cloud) -> None:
    answer = backed.post(backed.papers[0], "/enter", {"order": "yes"})
    assert (answer.status_code, answer.json()["type"]) == (422, "bad-request")
    assert backed.client.get("/api/emergency/v1/nothing").json()["type"] == "not-found"
    assert backed.client.get("/api/emergency/v1/time").json().keys() == {"server_time"}
