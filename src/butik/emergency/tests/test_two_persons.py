"""The activation site: two persons, or one with a key and notice; what is refused; the moment to cancel."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.test import Client
from tests.support.till import NOW, open_shop

from butik.approvals.models import Approval
from butik.approvals.rules import ASKED_FOR, LATEST
from butik.audit.models import AuditEntry
from butik.emergency.activating import NOTICE, WINDOW, carry_out_activations
from butik.emergency.models import ActivationRules, Emergency, EmergencyStore, Order
from butik.emergency.tests.conftest import Cloud, admit, carry_out, keep_backup, with_factor
from butik.error_log.models import ErrorEntry
from butik.lib import clock
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Membership, Person
from butik.staff.people import give_access
from butik.vault.models import Freeze, StoredBackup


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return plain.replace("&#x27;", "'").replace("&quot;", '"')


def activation(cloud: Cloud) -> str:
    return f"/chains/{cloud.chain.pk}/activate/"


def request(cloud: Cloud) -> str:
    return f"/chains/{cloud.chain.pk}/request/"


def hidden(page: Any) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(date|request|expected)" value="([^"]+)"', page.content.decode()))


def ask(client: Client, cloud: Cloud, **said: str) -> Any:
    """Look at the preview, and send its form with what the person typed."""
    page = client.get(activation(cloud), {"date": NOW.date().isoformat()})
    return client.post(activation(cloud), hidden(page) | {"name": cloud.chain.name} | said, follow=True)


def answer(client: Client, cloud: Cloud, step: str = "confirm", **said: str) -> Any:
    """Look at the request, and press a button of it."""
    shown = hidden(client.get(request(cloud)))
    return client.post(request(cloud), shown | {"name": cloud.chain.name, "step": step} | said, follow=True)


def state(cloud: Cloud) -> str:
    with tenant_scope([cloud.organisation_id]):
        newest = Approval.objects.order_by("-first_at", "-id").first()
        return newest.state if newest else ""


def emergencies(cloud: Cloud) -> int:
    with tenant_scope([cloud.organisation_id]):
        return Emergency.objects.count()


def test_two_persons_activate_from_the_chains_page(vera: Client, nils: Client, backed: Cloud) -> None:
    assert activation(backed) in vera.get(f"/chains/{backed.chain.pk}/").content.decode()
    preview = text(vera.get(activation(backed), {"date": NOW.date().isoformat()}))
    assert "2 devices leave their store controllers at once" in preview
    assert preview.count("Exact") == 2
    assert "Do not use stationary POSs or self-checkouts" in preview
    assert "You have asked for the activation" in text(ask(vera, backed))
    for page in ("/board/", f"/chains/{backed.chain.pk}/"):
        assert "Vera asks to activate the emergency of Nordly" in text(nils.get(page))
    seen = text(nils.get(request(backed)))
    assert "Vera asks for the activation" in seen
    assert seen.count("Exact") == 2
    page = answer(nils, backed)
    assert "The orders go out at the end of the countdown" in text(page)
    ends = re.search(r'data-ends="([^"]+)"', page.content.decode())
    assert ends
    assert datetime.fromisoformat(ends[1]) == NOW + WINDOW
    carry_out(backed, after=WINDOW - timedelta(seconds=1))
    assert emergencies(backed) == 0
    carry_out(backed)
    carry_out(backed, after=2 * WINDOW)
    assert emergencies(backed) == 1
    assert vera.get(f"{request(backed)}now").headers["HX-Refresh"] == "true"
    home = f"/chains/{backed.chain.pk}/"
    assert vera.get(request(backed)).headers["Location"] == home
    for address in ("/board/", home, f"/stores/{backed.shops[0].store.pk}/", "/errors/"):
        assert "EMERGENCY Nordly: 2 of 2 stores not recovered yet" in text(vera.get(address)), address
    assert vera.get(activation(backed)).headers["Location"] == home
    with tenant_scope([backed.organisation_id]):
        line = AuditEntry.objects.get(action="emergency.emergency.activated")
        approval, emergency = Approval.objects.get(), Emergency.objects.get()
        assert (line.actor, line.data["confirmed_by"]) == (f"person:{approval.first_by}", emergency.confirmed_by)
        assert emergency.pk == approval.pk
        assert state(backed) == "DONE"
        assert Order.objects.count() == 1


def test_what_is_missing_is_said_and_nothing_is_asked_for(vera: Client, cloud: Cloud) -> None:
    assert "not the chain's name" in text(ask(vera, cloud, name="Sydly", accept_none="on"), 422)
    assert "their devices switch but cannot sell" in text(ask(vera, cloud), 422)
    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    assert "This date is in the future" in text(vera.get(activation(cloud), {"date": tomorrow}), 422)
    assert vera.get(activation(cloud), {"date": "yesterday"}).status_code == 422
    assert "have changed since this was shown" in text(ask(vera, cloud, accept_none="on", expected="other"), 422)
    assert state(cloud) == ""


def _same_account(cloud: Cloud) -> Client:
    return with_factor(Person.objects.get(email="vera@example.com"))


def _other_account_of_hers(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "vera2", email="Vera+second@Example.com"))


def _account_with_her_factor(cloud: Cloud) -> Client:
    secret = Authenticator.objects.get(user__email="vera@example.com").data["secret"]
    return with_factor(admit(cloud, "twin"), secret=get_adapter().decrypt(secret))


def _supporter(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "dorte", "SUPPORTER"))


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (_same_account, "must be another one"),
        (_other_account_of_hers, "must be another one"),
        (_account_with_her_factor, "must be another one"),
        (_supporter, "Support confirms only what support has asked for"),
    ],
)
def test_who_is_no_second_person(vera: Client, backed: Cloud, second: Any, said: str) -> None:
    ask(vera, backed)
    client = second(backed)
    preview = hidden(client.get(request(backed)))
    with tenant_scope([backed.organisation_id]):
        shown = {"request": str(Approval.objects.get().pk), "expected": Approval.objects.get().content["preview"]}
    told = client.post(request(backed), preview | shown | {"name": "Nordly", "step": "confirm"}, follow=True)
    assert said in text(told)
    carry_out(backed)
    assert (state(backed), emergencies(backed)) == ("ASKED", 0)


def test_whoever_belongs_to_another_chain_is_a_stranger(vera: Client, backed: Cloud) -> None:
    """Also with a level here that may only look, and one there that may activate."""
    ask(vera, backed)
    other = open_shop(number=99, install=False).chain
    with tenant_scope([other.organisation_id]):
        stranger = give_access(
            email="zoe@example.com", name="Zoe", password="correct horse battery", level="CHAIN_ADMINISTRATOR",
            organisation_id=other.organisation_id, chain=other, store=None, actor="system", now=NOW,
        )  # fmt: skip
    client = with_factor(stranger)
    assert client.post(request(backed), {"step": "confirm"}).status_code == 404
    with tenant_scope([backed.organisation_id]):
        store = backed.shops[0].store
        Membership.objects.create(
            organisation_id=backed.organisation_id, person=stranger, chain=backed.chain, store=store,
            level="STORE_MANAGER",
        )  # fmt: skip
    assert client.post(request(backed), {"step": "confirm"}).status_code == 403
    assert state(backed) == "ASKED"


def test_each_shows_her_second_factor_anew(backed: Cloud, nils: Client) -> None:
    person = admit(backed, "vera")
    for stale in (with_factor(person, ago=3600),):
        assert stale.get(activation(backed)).headers["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    vera = with_factor(person)
    ask(vera, backed)
    with tenant_scope([backed.organisation_id]):
        approval = Approval.objects.get()
    said = {"request": str(approval.pk), "expected": approval.content["preview"], "name": "Nordly", "step": "confirm"}
    late = with_factor(admit(backed, "ada"), ago=3600)
    assert late.get(request(backed)).headers["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert late.post(request(backed), said).headers["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert state(backed) == "ASKED"


def test_of_two_who_ask_at_once_the_second_sees_the_first_ones(vera: Client, nils: Client, backed: Cloud) -> None:
    page = nils.get(activation(backed), {"date": NOW.date().isoformat()})
    ask(vera, backed)
    told = nils.post(activation(backed), hidden(page) | {"name": "Nordly"}, follow=True)
    assert "Somebody else has asked for it already" in text(told)
    assert "Vera asks for the activation" in text(told)
    assert nils.get(activation(backed)).headers["Location"] == request(backed)


def test_what_ran_out_is_asked_for_again(
    vera: Client, nils: Client, backed: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(vera, backed)
    shown = hidden(nils.get(request(backed)))
    monkeypatch.setattr(clock, "now", lambda: NOW + ASKED_FOR)
    told = nils.post(request(backed), shown | {"name": "Nordly", "step": "confirm"}, follow=True)
    assert "The request has run out" in text(told)
    ask(nils, backed)
    assert state(backed) == "ASKED"
    with tenant_scope([backed.organisation_id]):
        assert sorted(Approval.objects.values_list("state", flat=True)) == ["ASKED", "EXPIRED"]


def test_a_newer_backup_meanwhile_is_said_and_both_confirm_the_new_one(
    vera: Client, nils: Client, backed: Cloud
) -> None:
    ask(vera, backed)
    before = hidden(nils.get(request(backed)))
    newer = keep_backup(backed.shops[1].store, now=NOW + timedelta(seconds=1))
    told = nils.post(request(backed), before | {"name": "Nordly", "step": "confirm"}, follow=True)
    assert "have changed since it was asked for" in text(told)
    page = nils.get(request(backed))
    assert "The backups have changed since it was asked for: Nordly 13" in text(page)
    assert 'value="confirm"' not in page.content.decode()
    assert "You have asked for the activation" in text(answer(nils, backed, "anew"))
    assert "Nils asks for the activation" in text(vera.get(request(backed)))
    answer(vera, backed)
    carry_out(backed)
    with tenant_scope([backed.organisation_id]):
        assert EmergencyStore.objects.get(store=backed.shops[1].store).backup_id == newer.pk


def test_what_was_confirmed_is_what_begins(vera: Client, nils: Client, backed: Cloud) -> None:
    """A store in the attacker's hands may send a backup each second: it neither slips in nor stops anything."""
    ask(vera, backed)
    answer(nils, backed)
    keep_backup(backed.shops[1].store, now=NOW + timedelta(seconds=5))
    with tenant_scope([backed.organisation_id]):
        first = StoredBackup.objects.filter(store=backed.shops[1].store).earliest("received_at")
    carry_out(backed)
    with tenant_scope([backed.organisation_id]):
        assert EmergencyStore.objects.get(store=backed.shops[1].store).backup_id == first.pk


def test_a_confirmed_backup_that_is_gone_stops_it_and_is_said_loudly(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    answer(nils, backed)
    with tenant_scope([backed.organisation_id]):
        StoredBackup.objects.update(state="REFUSED")
    carry_out(backed)
    assert (state(backed), emergencies(backed)) == ("FAILED", 0)
    assert "is there no more. Ask again" in text(vera.get(request(backed)))
    with tenant_scope([backed.organisation_id]):
        assert ErrorEntry.objects.filter(level="CRITICAL", chain=backed.chain).exists()


def test_it_is_cancelled_by_whoever_may_activate_until_it_begins(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    answer(nils, backed)
    ada = with_factor(admit(backed, "ada"), ago=3600)  # no second factor anew: seconds count
    assert "Cancelled. Nothing was activated." in text(answer(ada, backed, "cancel"))
    carry_out(backed)
    assert emergencies(backed) == 0
    with tenant_scope([backed.organisation_id]):
        assert not Freeze.objects.exists()
    ask(vera, backed)
    answer(nils, backed)
    shown = hidden(ada.get(request(backed)))
    carry_out(backed)
    ada.post(request(backed), shown | {"step": "cancel"})
    assert emergencies(backed) == 1


def test_refused_and_withdrawn(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    assert "Only whoever asked can withdraw it" in text(answer(nils, backed, "withdraw"))
    assert "Refused. Nothing was activated." in text(answer(nils, backed, "refuse"))
    ask(vera, backed)
    assert "Withdrawn. Nothing was activated." in text(answer(vera, backed, "withdraw"))
    assert (
        vera.post(
            request(backed), {"step": "eat", "request": hidden(vera.get(request(backed))).get("request", "")}
        ).status_code
        == 302
    )
    carry_out(backed)
    assert emergencies(backed) == 0


def test_whoever_asked_and_may_no_more_has_not_asked(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    with tenant_scope([backed.organisation_id]):
        Membership.objects.filter(person__email="vera@example.com").delete()
    assert "may not activate any more" in text(answer(nils, backed))
    assert state(backed) == "ASKED"


def test_a_service_that_slept_too_long_does_not_wake_and_switch(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    answer(nils, backed)
    carry_out_activations(organisation_id=backed.organisation_id, now=NOW + LATEST + 2 * WINDOW)
    assert (state(backed), emergencies(backed)) == ("EXPIRED", 0)


def allow_alone(cloud: Cloud) -> None:
    with tenant_scope([cloud.organisation_id]):
        ActivationRules.objects.create(organisation_id=cloud.organisation_id, chain=cloud.chain, allows_alone=True)


def test_alone_with_a_security_key_where_the_owner_chose_so(backed: Cloud, nils: Client) -> None:
    person = admit(backed, "vera")
    with_factor(person)
    key = with_factor(person, typ=Authenticator.Type.WEBAUTHN, credential={"id": "her key"})
    vera = with_factor(person)
    assert "activated by two persons" in text(ask(key, backed, alone="on"), 422)
    allow_alone(backed)
    assert "it takes a security key" in text(ask(vera, backed, alone="on"), 422)
    page = ask(key, backed, alone="on")
    assert "alone, with a security key and 15 minutes' notice" in text(page)
    assert "can still be cancelled" in text(nils.get("/board/"))
    with tenant_scope([backed.organisation_id]):
        assert ErrorEntry.objects.filter(message__contains="about to begin").exists()
    carry_out(backed, after=NOTICE - timedelta(seconds=1))
    assert emergencies(backed) == 0
    assert "Cancelled" in text(answer(nils, backed, "cancel"))
    ask(key, backed, alone="on")
    carry_out(backed, after=NOTICE)
    with tenant_scope([backed.organisation_id]):
        assert (Emergency.objects.get().confirmed_by, Freeze.objects.count()) == ("", 1)
