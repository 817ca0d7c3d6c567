"""Truth 16: what vouched before the attack does not vouch during it. A stolen store key and a stolen chain root."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.till import BREAD, MILK, NOW, Till

from butik.audit.models import AuditEntry
from butik.emergency import newcomers
from butik.emergency.actions import issue_recovery_key, mark_recovered, release_store
from butik.emergency.models import Assignment, Emergency, EmergencyStore, Paper, RecordPosition
from butik.emergency.newcomers import approve_device, refuse_device
from butik.emergency.tests.conftest import Cloud, Papers, payload
from butik.error_log.models import ErrorEntry
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.organisation.keys import chain_root, service_key
from butik.organisation.models import Device, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import DayFigure, QuarantinedRecord, Sale
from butik.sales.totals import day_sums
from butik.vault.evidence import Evidence
from butik.vault.ingest import ingest_devices
from butik.vault.models import NewDevice, Revocation


@dataclass
class Thief:
    """Has the key of a store's service, and makes papers with it. `root`: the chain's key too."""

    cloud: Cloud
    place: int = 0
    key: SigningKey | None = None
    version: int = 1
    store: Any = None  # another store's id

    def invents(self, **said: Any) -> Papers:
        """A till that never was, with papers like those of a real one."""
        real, key = self.cloud.papers[self.place], SigningKey.generate()
        store_key = self.key or service_key()
        claims = payload(real.enrolment)
        claims["device"] |= {"id": str(said.pop("device", new_id())), "kid": key.kid, "name": "Ours"}
        claims["series"] = {"id": str(new_id()), "label": "N7"}
        claims |= said
        certificate = payload(real.certificate)
        if self.store:
            claims["store"] |= {"id": str(self.store), "number": 66, "name": "Ours too"}
            claims["pos"]["id"] = str(new_id())
            certificate["store"] = str(self.store)
        document = real.certificate
        if self.key or self.store:
            certificate |= {"key": encode(store_key.public), "version": self.version}
            document = chain_root(self.cloud.chain.pk).sign("butik-key", msgspec.json.encode(certificate))
        till = replace_till(real.till, key, claims)
        return Papers(till, real.chain, store_key.sign("butik-enrolment", msgspec.json.encode(claims)), document)


def replace_till(till: Till, key: SigningKey, claims: Any) -> Till:
    return Till(
        key=key,
        org=till.org,
        store=type(till.store)(claims["store"]["id"]),
        pos=claims["pos"]["number"],
        device=type(till.device)(claims["device"]["id"]),
        series=type(till.series)(claims["series"]["id"]),
        label=claims["series"]["label"],
        now=till.now,
    )


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("type", "")


def waiting(cloud: Cloud) -> list[NewDevice]:
    with tenant_scope([cloud.organisation_id]):
        return list(NewDevice.objects.order_by("first_seen_at", "id"))


THIEVES: dict[str, Any] = {
    "with the store's key": {},
    "with a newer key by the chain's root": {"key": SigningKey.generate(), "version": 2},
    "with a new store by the chain's root": {"key": SigningKey.generate(), "store": new_id()},
}


@pytest.mark.parametrize("thief", THIEVES)
def test_a_till_invented_during_the_emergency_gets_nothing(backed: Cloud, active: Emergency, thief: str) -> None:
    """The finding itself: assignment, prices, PIN verifiers, and a sale of a million booked."""
    ours = Thief(backed, **THIEVES[thief]).invents()
    order = payload(backed.order(backed.papers[0]))["id"]
    with tenant_scope([backed.organisation_id]):
        stores = list(Store.objects.order_by("pk").values())
    assert refused(backed.ready(ours)) == (403, "not-approved")
    for answer in (
        backed.get(ours, "/state"),
        backed.get(ours, "/prices"),
        backed.get(ours, "/staff"),
        backed.post(ours, "/enter", {"order": order}),
    ):
        assert refused(answer) == (401, "unknown-device")
    million = ours.till.sale(MILK)
    results = backed.report(ours, [ours.till.opening(), million, "rubbish"])
    assert [each["outcome"] for each in results] == ["QUARANTINED"] * 3
    assert [each["reason"] for each in results] == ["NOT_APPROVED", "NOT_APPROVED", "UNREADABLE"]
    with tenant_scope([backed.organisation_id]):
        assert not Device.objects.filter(kid=ours.till.key.kid).exists()
        assert not Assignment.objects.exists()
        assert not Sale.objects.exists()
        assert not DayFigure.objects.exists()
        assert not RecordPosition.objects.exists()  # so it comes to no store either
        assert list(Store.objects.order_by("pk").values()) == stores
        assert ErrorEntry.objects.filter(source="butik.emergency.newcomers").count() == 1
    [row] = waiting(backed)
    assert (row.name, row.state, row.is_key_new) == ("Ours", "WAITING", thief != "with the store's key")


def test_who_was_known_before_goes_on(backed: Cloud, active: Emergency) -> None:
    papers = backed.papers[0]
    backed.said(backed.ready(papers))
    till = backed.enter(papers, backed.order(papers))
    [opening, sale] = backed.report(papers, [till.opening(reason="EMERGENCY"), till.sale(MILK)])
    assert (opening["outcome"], sale["outcome"]) == ("BOOKED", "BOOKED")
    assert waiting(backed) == []


def test_a_known_device_enrolled_once_more_is_a_new_one(backed: Cloud, active: Emergency) -> None:
    """At another POS, with another key, under its own id or a higher version: the row that is known stays as it is."""
    real = backed.papers[0]
    with tenant_scope([backed.organisation_id]):
        before = Device.objects.filter(pk=real.till.device).values().get()
    thief = Thief(backed)
    for claims in (
        {"device": real.till.device},
        {"version": 999},
        {"pos": payload(real.enrolment)["pos"] | {"number": 9, "id": str(new_id())}},
    ):
        backed.ready(thief.invents(**claims))
    with tenant_scope([backed.organisation_id]):
        assert Device.objects.filter(pk=real.till.device).values().get() == before
        assert Device.objects.count() == 2


def test_papers_that_do_not_hold_leave_nothing(backed: Cloud, active: Emergency) -> None:
    ours = Thief(backed).invents()
    stranger = Thief(backed, key=SigningKey.generate()).invents()
    bad = [
        (replace(ours, certificate=backed.papers[0].enrolment), {}),
        (replace(ours, enrolment=stranger.enrolment), {}),
        (ours, {"key": encode(SigningKey.generate().public)}),
        (replace(ours, enrolment="a.b.c"), {}),
    ]
    for papers, said in bad:
        assert refused(backed.ready(papers, **said)) == (401, "unknown-device")
    assert waiting(backed) == []


def test_an_older_store_key_does_not_even_wait(backed: Cloud, active: Emergency) -> None:
    with tenant_scope([backed.organisation_id]):
        Store.objects.filter(pk=backed.shops[0].store.pk).update(key_version=2, key=b"2" * 32)
    assert refused(backed.ready(Thief(backed).invents())) == (403, "old-key")
    assert waiting(backed) == []


def test_a_person_approves_it_and_everything_goes_on_as_ever(backed: Cloud, active: Emergency) -> None:
    honest = Thief(backed).invents()
    backed.ready(honest)
    till = honest.till
    backed.report(honest, [till.opening(), till.sale(MILK), till.sale(BREAD)])
    [row] = waiting(backed)
    assert approve_device(device=row, actor="person:alice", now=NOW)
    assert not approve_device(device=row, actor="person:alice", now=NOW)
    backed.said(backed.ready(honest))
    backed.enter(honest, backed.order(honest))
    with tenant_scope([backed.organisation_id]):
        assert Sale.objects.filter(device_id=till.device).count() == 2
        positions = list(RecordPosition.objects.order_by("position").values_list("position", flat=True))
        assert positions == [1, 2, 3]
        assert AuditEntry.objects.filter(action="emergency.new_device.approved", actor="person:alice").count() == 1
    [again] = backed.report(honest, [till.sale(MILK)])
    assert again["outcome"] == "BOOKED"


@pytest.mark.parametrize("thief", list(THIEVES)[1:])
def test_also_one_whose_store_or_key_was_new_and_the_key_stays_what_it_was(
    backed: Cloud, active: Emergency, thief: str
) -> None:
    honest = Thief(backed, **THIEVES[thief]).invents()
    backed.ready(honest)
    [row] = waiting(backed)
    with tenant_scope([backed.organisation_id]):
        keys = dict(Store.objects.values_list("pk", "key_version"))
    assert approve_device(device=row, actor="person:alice", now=NOW)
    backed.said(backed.ready(honest))
    backed.enter(honest, backed.order(honest))
    with tenant_scope([backed.organisation_id]):
        assert {pk: version for pk, version in Store.objects.values_list("pk", "key_version") if pk in keys} == keys
        store = Store.objects.get(pk=row.store_id)
        if row.store_id not in keys:
            assert (store.number, store.name, store.key) == (66, "Ours too", None)


def test_a_refused_one_gets_nothing_for_good_and_what_it_sends_stays_aside(backed: Cloud, active: Emergency) -> None:
    ours = Thief(backed).invents()
    backed.ready(ours)
    [row] = waiting(backed)
    assert refuse_device(device=row, actor="person:alice", now=NOW)
    assert refused(backed.ready(ours)) == (403, "device-revoked")
    [sale] = backed.report(ours, [ours.till.sale(MILK)])
    assert sale["outcome"] == "QUARANTINED"
    with tenant_scope([backed.organisation_id]):
        assert not Sale.objects.exists()
    assert approve_device(device=row, actor="person:alice", now=NOW)  # people err
    with tenant_scope([backed.organisation_id]):
        assert Sale.objects.count() == 1
    assert refuse_device(device=row, actor="person:bob", now=NOW)
    assert refused(backed.ready(ours)) == (403, "device-revoked")


def test_nothing_of_it_comes_home_by_another_device(backed: Cloud, active: Emergency) -> None:
    """A rescue by an honest one, who uploads what a colleague's tablet held."""
    ours, honest = Thief(backed).invents(), backed.papers[0]
    backed.ready(ours)
    [sale] = backed.report(honest, [ours.till.sale(MILK)])
    assert (sale["outcome"], sale["reason"]) == ("QUARANTINED", "NOT_APPROVED")
    with tenant_scope([backed.organisation_id]):
        assert not RecordPosition.objects.exists()
        assert day_sums(organisation_id=backed.organisation_id, store_id=backed.shops[0].store.pk) == []
    [row] = waiting(backed)
    approve_device(device=row, actor="person:alice", now=NOW)
    with tenant_scope([backed.organisation_id]):
        assert Sale.objects.count() == RecordPosition.objects.count() == 1


def test_what_a_colleague_brought_before_it_showed_itself_is_booked_too(backed: Cloud, active: Emergency) -> None:
    ours, honest = Thief(backed).invents(), backed.papers[0]
    [sale] = backed.report(honest, [ours.till.sale(MILK)])
    assert sale["reason"] == "UNKNOWN_KEY"
    backed.ready(ours)
    approve_device(device=waiting(backed)[0], actor="person:alice", now=NOW)
    with tenant_scope([backed.organisation_id]):
        assert Sale.objects.count() == RecordPosition.objects.count() == 1


def test_the_end_of_the_emergency_does_not_decide_for_the_person(backed: Cloud, active: Emergency) -> None:
    """Nor does a backup that names it afterwards."""
    ours = Thief(backed).invents()
    backed.ready(ours)
    for shop in backed.shops:
        with tenant_scope([backed.organisation_id]):
            row = EmergencyStore.objects.get(store=shop.store)
        mark_recovered(row=release_store(row=row, actor="x", now=NOW), totals_sha256="", actor="x", now=NOW)
    assert refused(backed.ready(ours)) == (403, "not-approved")
    fresh = Thief(backed).invents()
    backed.said(backed.ready(fresh))  # from now on a new one is let in as ever
    store = backed.shops[0].store
    with tenant_scope([backed.organisation_id]):
        ingest_devices(store, evidence_naming(store, ours), NOW)
        assert not Device.objects.filter(kid=ours.till.key.kid).exists()


def evidence_naming(store: Store, papers: Papers) -> Evidence:
    said = {
        "articles": 0, "position": 0, "look_ups": 0, "baskets": 0, "prices": [1, 1, "0" * 64, "", b""],
        "tree": {
            "company": {"id": str(store.company_id), "name": "N", "vat_number": "DK12345678"},
            "store": {"number": store.number, "name": store.name, "address": "", "timezone": "UTC", "language": "da"},
        },
        "staff": [], "poss": [[str(new_id()), 3, "Till 3"]], "series": [], "versions": [], "shelf": [],
        "devices": [[str(papers.till.device), 3, "Ours", encode(papers.till.key.public),
                     papers.till.key.kid, "ACTIVE", papers.enrolment]],
    }  # fmt: skip
    return msgspec.convert(said, Evidence)


def test_a_recovered_store_enrols_again_while_others_are_still_in_the_emergency(
    backed: Cloud, active: Emergency
) -> None:
    with tenant_scope([backed.organisation_id]):
        row = EmergencyStore.objects.get(store=backed.shops[0].store)
    mark_recovered(row=release_store(row=row, actor="x", now=NOW), totals_sha256="", actor="x", now=NOW)
    backed.said(backed.ready(Thief(backed).invents()))
    assert refused(backed.ready(Thief(backed, place=1).invents())) == (403, "not-approved")


def test_a_wrong_recovery_key_leaves_no_newer_key_behind(backed: Cloud, active: Emergency) -> None:
    """Who stole the chain's root could otherwise turn away the real new controller."""
    store = backed.shops[0].store
    with tenant_scope([backed.organisation_id]):
        row = EmergencyStore.objects.select_related("store", "emergency").get(store=store)
    key = issue_recovery_key(row=row, actor="person:alice", now=NOW)
    mallory = SigningKey.generate()
    for path, body in (("/claim", {"key": "AAAA-AAAA"}), ("/release", {}), ("/recovered", {"totals_sha256": "0" * 64})):
        assert backed.recovery(store, "POST", path, body, key=mallory, version=999).status_code == 403
    with tenant_scope([backed.organisation_id]):
        assert Store.objects.get(pk=store.pk).key_version == 1
    real = SigningKey.generate()
    backed.said(backed.recovery(store, "POST", "/claim", {"key": key}, key=real, version=2))
    with tenant_scope([backed.organisation_id]):
        assert bytes(Store.objects.get(pk=store.pk).key or b"") == real.public


def test_there_is_an_end_to_waiting(backed: Cloud, active: Emergency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST", 3)
    monkeypatch.setattr(newcomers, "MOST_RECORDS", 4)
    tills = [Thief(backed).invents() for _ in range(4)]
    assert [refused(backed.ready(each))[1] for each in tills] == ["not-approved"] * 3 + ["too-many"]
    till = tills[0].till
    backed.report(tills[0], [till.sale(MILK) for _ in range(4)])
    assert refused(backed.post(tills[0], "/journal", {"records": [till.sale(MILK)]})) == (429, "too-many")
    with tenant_scope([backed.organisation_id]):
        assert QuarantinedRecord.objects.count() == 4


def test_a_till_that_was_revoked_before_it_ever_showed_itself_is_turned_away(cloud: Cloud) -> None:
    """T13, in normal days."""
    papers, store = cloud.papers[0], cloud.shops[0].store
    with tenant_scope([cloud.organisation_id]):
        Revocation.objects.create(
            organisation_id=cloud.organisation_id, chain=cloud.chain, store=store, device_id=papers.till.device,
            kid=papers.till.key.kid, document="d", received_at=NOW, state="COUNTS",
        )  # fmt: skip
    assert refused(cloud.ready(papers)) == (403, "device-revoked")
    [sale] = cloud.report(papers, [papers.till.sale(MILK)])
    assert (sale["outcome"], sale["reason"]) == ("QUARANTINED", "REVOKED")
    with tenant_scope([cloud.organisation_id]):
        assert not Paper.objects.exists()


def test_a_gate_that_stands_open_would_be_found(
    backed: Cloud, active: Emergency, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: what the finding found."""
    for module in ("emergency.authentication", "vault.authentication"):
        monkeypatch.setattr(f"butik.{module}.is_held", lambda **where: False)
    with pytest.raises(AssertionError):
        test_a_till_invented_during_the_emergency_gets_nothing(backed, active, "with the store's key")


def test_a_day_later_it_still_waits(backed: Cloud, active: Emergency, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Thief(backed).invents()
    backed.ready(ours)
    monkeypatch.setattr("butik.lib.clock.now", lambda: NOW + timedelta(days=1))
    assert refused(backed.ready(ours)) == (403, "not-approved")
    [row] = waiting(backed)
    assert row.latest_seen_at == NOW + timedelta(days=1)
