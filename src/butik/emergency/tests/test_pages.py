"""The activation site: what its pages say, who may do what, and the second factor that everybody needs."""

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from tests.support.cast import PASSWORD, signed_in
from tests.support.till import MILK, NOW

from butik.audit.models import AuditEntry
from butik.emergency.actions import accept_shortfall
from butik.emergency.adopting import NotAdopted, adopt_chain
from butik.emergency.models import Assignment, Emergency, EmergencyStore
from butik.emergency.tests.conftest import Cloud, activate_chain, admit, keep_backup, with_factor
from butik.emergency.tests.test_newcomers import Thief
from butik.lib import clock
from butik.lib.signing import BadDocument, SigningKey
from butik.organisation.models import Chain, Device, Store
from butik.organisation.pairing import introduce_chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person
from butik.staff.people import give_access
from butik.vault.differences import Difference
from butik.vault.models import NewDevice, Revocation, StoredBackup


@pytest.fixture
def alice(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "alice"))


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_board_says_first_how_many_could_sell(alice: Client, cloud: Cloud) -> None:
    assert "0 of 2 stores could sell tonight" in text(alice.get("/board/"))
    for shop, papers in zip(cloud.shops, cloud.papers, strict=True):
        keep_backup(shop.store)
        cloud.said(cloud.ready(papers))
    assert "All 2 stores could sell tonight" in text(alice.get("/board/"))


def test_a_late_backup_is_said_to_be_missing(alice: Client, backed: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=31))
    keep_backup(backed.shops[1].store, now=NOW + timedelta(hours=30))
    said = text(alice.get("/board/now"))
    assert "1 of 2 stores could sell tonight" in said
    assert "Backup missing" in said


def test_what_does_not_work_meanwhile_is_said_beforehand_and_during_it(alice: Client, backed: Cloud) -> None:
    """Row 113."""
    page = alice.get(f"/chains/{backed.chain.pk}/activate/", {"date": NOW.date().isoformat()}).content.decode()
    activate_chain(backed)
    for said in (page, alice.get(f"/chains/{backed.chain.pk}/").content.decode()):
        assert 'data-outage="INTEGRATIONS"' in said
        assert "Club, webshop and other integrations" in said


def test_the_band_is_looked_at_again_and_goes_with_the_emergency(
    alice: Client, backed: Cloud, active: Emergency
) -> None:
    with tenant_scope([backed.organisation_id]):
        EmergencyStore.objects.filter(store=backed.shops[0].store).update(state="RECOVERED")
    address = f"/chains/{backed.chain.pk}/band"
    assert "1 of 2 stores not recovered yet" in text(alice.get(address))
    with tenant_scope([backed.organisation_id]):
        Emergency.objects.update(state="ENDED")
    assert alice.get(address).headers["HX-Refresh"] == "true"


def test_sales_so_far_stand_on_the_chains_page(alice: Client, backed: Cloud, active: Emergency) -> None:
    papers = backed.papers[0]
    till = backed.enter(papers, backed.order(papers))
    backed.report(papers, [till.opening(), till.sale(MILK), till.sale(MILK)])
    row = text(alice.get(f"/chains/{backed.chain.pk}/now")).partition("All stores")[0]
    assert "1 of 1" in row
    assert "25.90" in row


def test_a_recovery_key_is_shown_once(alice: Client, backed: Cloud, active: Emergency) -> None:
    store = backed.shops[0].store
    answer = alice.post(f"/stores/{store.pk}/recovery-key")
    assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", text(answer))
    assert answer.headers["Cache-Control"] == "no-store"
    assert "issued, not used yet" in text(alice.get(f"/stores/{store.pk}/now"))


def test_a_shortfall_needs_two_persons(alice: Client, dorte: Client, backed: Cloud, active: Emergency) -> None:
    backed.enter(backed.papers[0], backed.order(backed.papers[0]))
    with tenant_scope([backed.organisation_id]):
        assignment = Assignment.objects.get()
    address = f"/stores/{backed.shops[0].store.pk}/shortfall/{assignment.pk}/"
    assert alice.post(address, {"reason": "Stolen from the terrace"}).status_code == 302
    assert "a second person must confirm" in text(alice.post(address, {"reason": "Stolen from it"}), 422)
    assert dorte.post(address, {"reason": "Seen by the police"}).status_code == 302
    assert accept_shortfall(assignment=assignment, reason="again", actor="person:x", now=NOW) is not None


def test_a_manager_sees_no_emergency(cloud: Cloud) -> None:
    with tenant_scope([cloud.organisation_id]):
        store = cloud.shops[0].store
    bob = admit(cloud, "bob", "STORE_MANAGER", store=store)
    client = signed_in(bob)
    for address in (
        "/board/",
        f"/chains/{cloud.chain.pk}/",
        f"/chains/{cloud.chain.pk}/activate/",
        f"/stores/{store.pk}/",
    ):
        assert client.get(address).status_code == 403, address
    assert client.get(f"/stores/{cloud.shops[1].store.pk}/").status_code == 404


@pytest.mark.parametrize("address", ["/board/", "/errors/", "/chains/", "/stores/{store}/"])
def test_nobody_sees_anything_before_the_second_factor(cloud: Cloud, settings: Any, address: str) -> None:
    settings.SECOND_FACTOR_NEEDED = True
    alice = admit(cloud, "alice")
    client = signed_in(alice)
    address = address.format(store=cloud.shops[0].store.pk)
    assert client.get(address).headers.get("Location") == "/second-factor/"
    assert "Set up your second factor first" in text(client.get("/second-factor/"))
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = signed_in(Person.objects.get(pk=alice.pk))  # what was begun without it has ended
    assert client.get(address).status_code == 200
    assert client.get("/second-factor/").headers.get("Location") == "/"


def test_a_password_alone_does_not_sign_in_who_has_a_second_factor(cloud: Cloud) -> None:
    alice = admit(cloud, "alice")
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    answer = client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert answer.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/board/").headers["Location"].startswith("/accounts/login/")


def test_a_chain_is_adopted_again_and_no_other_by_its_name(cloud: Cloud) -> None:
    with tenant_scope([cloud.organisation_id]):
        chain = Chain.objects.select_related("organisation", "company").get(pk=cloud.chain.pk)
        document = introduce_chain(chain, now=NOW)
        Store.objects.filter(pk=cloud.shops[0].store.pk).update(name="Old name")
    first = adopt_chain(document=document, actor="system", now=NOW)
    assert adopt_chain(document=document, actor="system", now=NOW) == first
    with tenant_scope([cloud.organisation_id]):
        assert Store.objects.get(pk=cloud.shops[0].store.pk).name == "Nordly 12"
        Chain.objects.filter(pk=chain.pk).update(root_key=SigningKey.generate().public)
    with pytest.raises(NotAdopted):
        adopt_chain(document=document, actor="system", now=NOW)
    with pytest.raises(BadDocument):
        adopt_chain(document="rubbish", actor="system", now=NOW)


def test_a_recovered_store_gets_no_key_any_more(alice: Client, backed: Cloud, active: Emergency) -> None:
    store = backed.shops[0].store
    with tenant_scope([backed.organisation_id]):
        EmergencyStore.objects.filter(store=store).update(state="RECOVERED")
    assert alice.post(f"/stores/{store.pk}/recovery-key").status_code == 404


def test_a_store_that_took_no_part_is_done_with_by_a_click(alice: Client, backed: Cloud, active: Emergency) -> None:
    first, second = (shop.store for shop in backed.shops)
    backed.enter(backed.papers[0], backed.order(backed.papers[0]))
    assert "End the emergency for this store" not in text(alice.get(f"/stores/{first.pk}/"))
    assert "must bring the sales home" in text(alice.post(f"/stores/{first.pk}/without-part", follow=True))
    assert "End the emergency for this store" in text(alice.get(f"/stores/{second.pk}/"))
    assert "is over for Nordly 13" in text(alice.post(f"/stores/{second.pk}/without-part", follow=True))
    with tenant_scope([backed.organisation_id]):
        states = EmergencyStore.objects.order_by("store__number").values_list("state", flat=True)
        assert list(states) == ["SELLING", "RECOVERED"]


def quarantined(cloud: Cloud) -> StoredBackup:
    """A poisoned backup, an hour after a proven one."""
    store = cloud.shops[0].store
    with tenant_scope([cloud.organisation_id]):
        before = StoredBackup.objects.newest_proven(store)
    before = before or keep_backup(store)
    found = [
        Difference(rule="PIN", is_suspect=True, count=2, total=9, examples=["101", "104"]),
        Difference(rule="PRICES", is_suspect=False, count=12, total=2031, examples=["1", "2", "3", "4", "5"]),
    ]
    return keep_backup(
        store,
        now=NOW + timedelta(hours=1),
        state="QUARANTINED",
        compared_with=before.pk,
        differences=msgspec.json.encode(found).decode(),
    )


def test_a_backup_in_quarantine_says_what_differs_and_is_accepted_with_a_reason(alice: Client, cloud: Cloud) -> None:
    held = quarantined(cloud)
    store = cloud.shops[0].store
    page = f"/stores/{store.pk}/backups/{held.pk}/"
    assert "In quarantine" in text(alice.get(f"/stores/{store.pk}/"))
    assert page in alice.get(f"/stores/{store.pk}/").content.decode()
    said = text(alice.get(page))
    assert "PIN changed without a new PIN being given odd 2 of 9 101, 104" in said.replace("▲ ", "")
    assert "and 7 more" in said
    assert "compared with the proven one" in said
    assert "at least 5" in text(alice.post(page, {"reason": "ok"}), 422)
    answer = alice.post(page, {"reason": "Two of them asked for new PINs"})
    assert answer.headers["Location"] == f"/stores/{store.pk}/"
    held.refresh_from_db()
    assert (held.state, held.accept_reason) == ("RECEIVED", "Two of them asked for new PINs")
    with tenant_scope([cloud.organisation_id]):
        line = AuditEntry.objects.get(action="vault.backup.accepted")
        assert line.subject == str(held.pk)
    assert "not in quarantine any more" in text(alice.post(page, {"reason": "once more"}, follow=True))


def test_the_board_says_that_the_newest_backup_is_in_quarantine(alice: Client, backed: Cloud) -> None:
    quarantined(backed)
    said = text(alice.get("/board/now"))
    assert "Newest backup in quarantine" in said
    assert "All 2 stores could sell tonight" in said  # from the one before


def test_nobody_accepts_a_backup_without_the_right_or_during_an_emergency(
    alice: Client, backed: Cloud, active: Emergency
) -> None:
    held = quarantined(backed)
    page = f"/stores/{backed.shops[0].store.pk}/backups/{held.pk}/"
    manager = signed_in(
        give_access(
            email="bob@example.com", name="Bob", password=PASSWORD, level="STORE_MANAGER", chain=backed.chain,
            organisation_id=backed.organisation_id, store=backed.shops[0].store, actor="system", now=NOW,
        )
    )  # fmt: skip
    assert manager.post(page, {"reason": "I think so"}).status_code == 403
    assert "no backup can be accepted" in text(alice.get(page))
    assert "no backup can be accepted" in text(alice.post(page, {"reason": "I think so"}), 422)
    held.refresh_from_db()
    assert held.state == "QUARANTINED"
    other = backed.shops[1].store
    assert alice.get(f"/stores/{other.pk}/backups/{held.pk}/").status_code == 404


def new_device(cloud: Cloud) -> NewDevice:
    backed = Thief(cloud).invents()
    assert cloud.ready(backed).status_code == 403
    with tenant_scope([cloud.organisation_id]):
        found: NewDevice = NewDevice.objects.get(kid=backed.till.key.kid)
    return found


def test_what_waits_is_listed_and_a_person_approves_or_refuses_it(
    alice: Client, backed: Cloud, active: Emergency
) -> None:
    row = new_device(backed)
    page = f"/chains/{backed.chain.pk}/waiting/"
    for address in (f"/chains/{backed.chain.pk}/", "/board/"):
        assert page in alice.get(address).content.decode()
    said = text(alice.get(page))
    assert "1 thing waits for a person" in said
    assert "Ours Nordly 12 3 the store's key" in said.replace("&#x27;", "'")
    done = text(alice.post(f"{page}devices/{row.pk}/", {"decision": "approve"}, follow=True))
    assert "Ours is approved" in done
    assert "Nothing waits for a person" in done
    assert "Ours is refused" in text(alice.post(f"{page}devices/{row.pk}/", {"decision": "refuse"}, follow=True))
    with tenant_scope([backed.organisation_id]):
        row.refresh_from_db()
        assert row.state == "REFUSED"
        assert Device.objects.get(kid=row.kid).state == "REVOKED"


def test_papers_that_fit_nothing_are_said_to_and_nothing_is_half_done(
    alice: Client, backed: Cloud, active: Emergency
) -> None:
    """They name the id of a device that is known with another key."""
    ours = Thief(backed).invents(device=backed.papers[0].till.device)
    backed.ready(ours)
    with tenant_scope([backed.organisation_id]):
        row = NewDevice.objects.get()
    page = f"/chains/{backed.chain.pk}/waiting/"
    said = text(alice.post(f"{page}devices/{row.pk}/", {"decision": "approve"}, follow=True))
    assert "do not fit what is known here" in said
    with tenant_scope([backed.organisation_id]):
        row.refresh_from_db()
        assert row.state == "WAITING"
        assert bytes(Device.objects.get(pk=backed.papers[0].till.device).key) == backed.papers[0].till.key.public


def test_nobody_decides_without_the_right(backed: Cloud, active: Emergency) -> None:
    row = new_device(backed)
    manager = signed_in(
        give_access(
            email="bob@example.com", name="Bob", password=PASSWORD, level="STORE_MANAGER", chain=backed.chain,
            organisation_id=backed.organisation_id, store=backed.shops[0].store, actor="system", now=NOW,
        )
    )  # fmt: skip
    address = f"/chains/{backed.chain.pk}/waiting/devices/{row.pk}/"
    assert manager.post(address, {"decision": "approve"}).status_code == 403
    with tenant_scope([backed.organisation_id]):
        row.refresh_from_db()
        assert row.state == "WAITING"


def test_a_revocation_that_came_during_the_emergency_is_decided_there(
    alice: Client, backed: Cloud, active: Emergency
) -> None:
    papers, store = backed.papers[0], backed.shops[0].store
    with tenant_scope([backed.organisation_id]):
        kept = Revocation.objects.create(
            organisation_id=backed.organisation_id, chain=backed.chain, store=store, device_id=papers.till.device,
            kid=papers.till.key.kid, document="d", received_at=NOW, state="WAITING",
        )  # fmt: skip
    page = f"/chains/{backed.chain.pk}/waiting/"
    assert "Devices that their stores want closed" in text(alice.get(page))
    said = text(alice.post(f"{page}revocations/{kept.pk}/", {"decision": "approve"}, follow=True))
    assert "The device is closed" in said
    assert backed.get(papers, "/state").json()["type"] == "device-revoked"


def test_who_became_known_after_the_date_of_the_backups_is_shown_and_may_be_closed(
    alice: Client, backed: Cloud
) -> None:
    for shop in backed.shops:
        keep_backup(shop.store, days_ago=5)
    activate_chain(backed, date=(NOW - timedelta(days=5)).date())
    page = f"/chains/{backed.chain.pk}/waiting/"
    assert "Known since the date of the backups" in text(alice.get(page))
    device = backed.papers[0].till.device
    assert "is closed" in text(alice.post(f"{page}close/{device}/", follow=True))
    assert backed.get(backed.papers[0], "/state").json()["type"] == "device-revoked"
