"""The far end of a recovery: who may read a store's sales, in what order, and when normal selling may begin."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from tests.support.till import BREAD, MILK, NOW

from butik.emergency.actions import KEY_LIFE, accept_shortfall, issue_recovery_key
from butik.emergency.models import Assignment, Emergency, EmergencyStore
from butik.emergency.tests.conftest import Cloud, activate_chain, keep_backup, payload
from butik.lib import clock
from butik.lib.signing import SigningKey
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale
from butik.sales.totals import day_sums, sums_sha256
from butik.snapshot.seal import seal, unseal
from butik.vault.keys import recipient_of
from butik.vault.storage import object_path

NEW = SigningKey.generate()


def row_of(cloud: Cloud, place: int = 0) -> EmergencyStore:
    with tenant_scope([cloud.organisation_id]):
        row: EmergencyStore = EmergencyStore.objects.select_related("store", "emergency").get(
            store=cloud.shops[place].store
        )
    return row


def rebuilt(cloud: Cloud, method: str, path: str, body: Any = None) -> Any:
    """A call of the first store's new controller, which the chain has introduced anew."""
    return cloud.recovery(cloud.shops[0].store, method, path, body, key=NEW, version=2)


def claim(cloud: Cloud) -> Any:
    key = issue_recovery_key(row=row_of(cloud), actor="person:alice", now=NOW)
    return rebuilt(cloud, "POST", "/claim", {"key": key})


@pytest.fixture
def sold(backed: Cloud, active: Emergency) -> Any:
    """The first store's device has entered, and three of its sales have arrived."""
    papers = backed.papers[0]
    till = backed.enter(papers, backed.order(papers))
    backed.report(papers, [till.opening(reason="EMERGENCY"), till.sale(MILK), till.sale(BREAD), till.sale(MILK, BREAD)])
    return till


def test_a_recovery_key_opens_one_store_to_one_controller_once(backed: Cloud, active: Emergency) -> None:
    first, second = (shop.store for shop in backed.shops)
    key = issue_recovery_key(row=row_of(backed), actor="person:alice", now=NOW)
    for wrong in (
        backed.recovery(second, "POST", "/claim", {"key": key}, key=NEW, version=2),
        rebuilt(backed, "POST", "/claim", {"key": "AAAA-AAAA"}),
    ):
        assert (wrong.status_code, wrong.json()["type"]) == (403, "bad-code")
    assert rebuilt(backed, "GET", "/records").json()["type"] == "not-claimed"
    said = backed.said(rebuilt(backed, "POST", "/claim", {"key": key.lower()}))
    assert said["emergency"] == {"id": str(active.pk), "number": 1}
    assert backed.said(rebuilt(backed, "POST", "/claim", {"key": key})) == said  # the answer was lost
    other = backed.recovery(first, "POST", "/claim", {"key": key}, key=SigningKey.generate(), version=3)
    assert (other.status_code, other.json()["type"]) == (403, "bad-code")
    assert row_of(backed).state == "RECOVERING"


def test_a_recovery_key_is_good_for_a_day(backed: Cloud, active: Emergency, monkeypatch: pytest.MonkeyPatch) -> None:
    key = issue_recovery_key(row=row_of(backed), actor="person:alice", now=NOW)
    monkeypatch.setattr(clock, "now", lambda: NOW + KEY_LIFE + timedelta(seconds=1))
    assert rebuilt(backed, "POST", "/claim", {"key": key}).json()["type"] == "bad-code"


def test_an_old_controller_that_wakes_up_in_the_middle_gets_nothing(backed: Cloud, sold: Any) -> None:
    backed.said(claim(backed))
    key = issue_recovery_key(row=row_of(backed), actor="person:alice", now=NOW)
    for method, path, body in (
        ("POST", "/claim", {"key": key}),
        ("GET", "/records", None),
        ("GET", "/totals", None),
        ("POST", "/release", {}),
        ("POST", "/recovered", {"totals_sha256": "0" * 64}),
    ):
        answer = backed.recovery(backed.shops[0].store, method, path, body)  # its key has version 1
        assert (answer.status_code, answer.json()["type"]) == (403, "old-key")
    assert row_of(backed).state == "RECOVERING"


def test_guessing_is_slowed(backed: Cloud, active: Emergency) -> None:
    issue_recovery_key(row=row_of(backed), actor="person:alice", now=NOW)
    types = [rebuilt(backed, "POST", "/claim", {"key": f"AAAA-AA{n:02}"}).json()["type"] for n in range(11)]
    assert types == ["bad-code"] * 10 + ["too-many"]


def test_what_one_controller_guesses_slows_no_other(backed: Cloud, active: Emergency) -> None:
    """Neither another store's, nor the attacked one of the same store."""
    first, second = (shop.store for shop in backed.shops)
    key = issue_recovery_key(row=row_of(backed), actor="person:alice", now=NOW)
    for store in (first, second):
        for n in range(12):
            backed.recovery(store, "POST", "/claim", {"key": f"AAAA-AA{n:02}"})
    assert backed.recovery(first, "POST", "/claim", {"key": key}).json()["type"] == "too-many"
    backed.said(rebuilt(backed, "POST", "/claim", {"key": key}))


def test_a_store_in_no_emergency_is_told_so(backed: Cloud) -> None:
    answer = rebuilt(backed, "POST", "/claim", {"key": "AAAA-AAAA"})
    assert (answer.status_code, answer.json()["type"]) == (409, "no-emergency")


def test_the_records_come_in_one_gapless_order_with_who_made_them(backed: Cloud, sold: Any) -> None:
    backed.said(claim(backed))
    said = backed.said(rebuilt(backed, "GET", "/records?after=0&limit=2"))
    assert ([each["position"] for each in said["records"]], said["position"], said["head"]) == ([1, 2], 2, 4)
    rest = backed.said(rebuilt(backed, "GET", "/records?after=2&limit=500"))
    assert [each["position"] for each in rest["records"]] == [3, 4]
    end = backed.said(rebuilt(backed, "GET", "/records?after=4"))
    assert (end["records"], end["position"], end["head"]) == ([], 4, 4)
    assignment = payload(said["assignments"][said["records"][0]["assignment"]])
    assert (assignment["series"]["label"], assignment["device"]) == ("E1", str(sold.device))
    wrong = rebuilt(backed, "GET", "/records?after=-1")
    assert (wrong.status_code, wrong.json()["type"]) == (422, "bad-request")


def test_the_sister_stores_controller_reads_nothing_of_it(backed: Cloud, sold: Any) -> None:
    backed.said(claim(backed))
    sister = backed.shops[1].store
    answer = backed.recovery(sister, "GET", "/records", key=NEW, version=2)
    assert (answer.status_code, answer.json()["type"]) == (403, "not-claimed")


def test_the_backup_is_sealed_anew_for_the_new_controller(cloud: Cloud, tmp_path: Path) -> None:
    store = cloud.shops[0].store
    (tmp_path / "plain").write_bytes(b"the snapshot" * 1000)
    name = "for-recovery/backup.age"
    object_path(name).parent.mkdir(parents=True, exist_ok=True)
    object_path(name).unlink(missing_ok=True)
    seal(tmp_path / "plain", object_path(name), recipient_of(cloud.chain.pk))
    keep_backup(store, object=name)
    activate_chain(cloud, accept_none=True)
    cloud.said(claim(cloud))
    identity = pyrage.x25519.Identity.generate()
    answer = rebuilt(cloud, "GET", f"/backup?recipient={identity.to_public()}")
    (tmp_path / "sealed").write_bytes(answer.getvalue())
    unseal(tmp_path / "sealed", tmp_path / "again", str(identity), limit=10**6)
    assert (tmp_path / "again").read_bytes() == (tmp_path / "plain").read_bytes()
    assert list((object_path("outgoing")).iterdir()) == []
    wrong = rebuilt(cloud, "GET", "/backup?recipient=age1" + "q" * 58)
    assert (wrong.status_code, wrong.json()["type"]) == (422, "bad-request")


def test_it_ends_when_the_totals_are_equal_and_not_before(backed: Cloud, sold: Any) -> None:
    """Truth 13: in = booked, per store, till, day, VAT rate and tender."""
    papers = backed.papers[0]
    backed.said(claim(backed))
    totals = backed.said(rebuilt(backed, "GET", "/totals"))
    assert sum(each["total"] for each in totals["sums"]) == sold.total
    assert totals["sums"][0]["by_tender"] == [{"tender": "CARD", "amount": sold.total}]
    assert [each["gross"] for each in totals["sums"][0]["by_vat"]] == [sold.total]

    def try_it(sha256: str) -> tuple[int, str]:
        answer = rebuilt(backed, "POST", "/recovered", {"totals_sha256": sha256})
        return answer.status_code, answer.json().get("type", answer.json().get("state"))

    assert try_it(totals["sha256"]) == (409, "not-released")
    assert backed.said(rebuilt(backed, "POST", "/release", {})) == {"state": "RELEASED"}
    assert backed.said(rebuilt(backed, "POST", "/release", {})) == {"state": "RELEASED"}
    assert try_it(totals["sha256"]) == (409, "not-closed")
    backed.report(papers, [sold.sale(MILK), sold.closing(reason="RELEASED")])  # the sale that was in progress
    assert try_it(totals["sha256"]) == (409, "not-equal")
    with tenant_scope([backed.organisation_id]):
        mine = sums_sha256(day_sums(organisation_id=backed.organisation_id, store_id=backed.shops[0].store.pk))
        chosen = day_sums(
            organisation_id=backed.organisation_id, store_id=backed.shops[0].store.pk, sales=Sale.objects.all()
        )
    assert sums_sha256(chosen) == mine
    assert try_it(mine) == (200, "RECOVERED")
    assert try_it(mine) == (200, "RECOVERED")
    assert payload(backed.order(papers))["kind"] == "RECOVERED"
    late = backed.report(papers, [sold.event("SIGNED_IN")])  # a late record still comes home
    assert late[0]["outcome"] == "BOOKED"
    assert backed.said(rebuilt(backed, "GET", "/records?after=6"))["head"] == 7


def test_a_lost_device_is_a_shortfall_that_two_persons_name(backed: Cloud, sold: Any) -> None:
    """Truth 13."""
    backed.said(claim(backed))
    backed.said(rebuilt(backed, "POST", "/release", {}))
    totals = backed.said(rebuilt(backed, "GET", "/totals"))
    assert [(each["device"], each["label"]) for each in totals["devices"]] == [(str(sold.device), "E1")]
    with tenant_scope([backed.organisation_id]):
        assignment = Assignment.objects.get()
    said: dict[str, Any] = {"assignment": assignment, "reason": "Fell into the harbour", "now": NOW}
    assert accept_shortfall(actor="person:alice", **said)
    assert accept_shortfall(actor="person:alice", **said) is None
    refused = rebuilt(backed, "POST", "/recovered", {"totals_sha256": totals["sha256"]})
    assert refused.json()["type"] == "not-closed"
    assert accept_shortfall(actor="person:dorte", **said)
    answer = rebuilt(backed, "POST", "/recovered", {"totals_sha256": totals["sha256"]})
    assert backed.said(answer)["gap"]["from"] == "2026-11-21T12:00:00.000Z"
