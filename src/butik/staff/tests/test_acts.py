"""What people do with their accounts, and with those of shop assistants, leaves its line and has its effect."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from tests.support.acts import Line, told, told_each
from tests.support.cast import PASSWORD, Cast, report, signed_in
from tests.support.till import Till

from butik.lib.clock import now
from butik.lib.versions import version_at
from butik.organisation.tenancy import tenant_scope
from butik.simulator.demo.second_factor import code_at
from butik.staff.account_mails import reset_path
from butik.staff.actions import add_assistant
from butik.staff.models import Membership, Person, ShopAssistant
from butik.staff.pins import check_pin, make_pin_verifier

PIN = make_pin_verifier("258013")
NEW = "another horse battery"


@pytest.fixture
def maja(cast: Cast) -> ShopAssistant:
    return add_assistant(
        store=cast.store, number="101", name="Maja", role="OPERATOR", pin=PIN, actor="system", now=now()
    )


def page(cast: Cast, *rest: object) -> str:
    return "/".join(["/manage", str(cast.store.pk), "assistants", *map(str, rest)])


def fresh(maja: ShopAssistant) -> ShopAssistant:
    with tenant_scope([maja.organisation_id]):
        return ShopAssistant.objects.get(pk=maja.pk)


def block(maja: ShopAssistant, till: Till) -> None:
    """A device says that a PIN was guessed at, and the service believes it."""
    for version in (1, 1):
        report(till, [till.event("PIN_BLOCKED", staff=str(maja.pk), pin_version=version)])
    assert fresh(maja).blocked_at


def test_an_assistant_is_added(cast: Cast) -> None:
    said = {"number": "102", "name": "Nanna", "role": "OPERATOR", "pin": "258013", "pin_again": "258013"}
    signed_in(cast.bob).post(page(cast, "add"), said)
    with tenant_scope([cast.organisation_id]):
        nanna = ShopAssistant.objects.get(store=cast.store, number="102")
    told("staff.assistant.added", cast.store, by=cast.bob.actor, about=nanna.pk)
    assert check_pin("258013", nanna.pin)


def test_an_assistant_is_changed(cast: Cast, maja: ShopAssistant) -> None:
    signed_in(cast.bob).post(page(cast, maja.pk, ""), {"name": "Maja Holm", "role": "SALESPERSON"})
    told("staff.assistant.changed", cast.store, by=cast.bob.actor, about=maja.pk, is_active=False)
    assert (fresh(maja).name, fresh(maja).role, fresh(maja).is_active) == ("Maja Holm", "SALESPERSON", False)


def test_an_assistant_is_blocked_by_a_device_and_unblocked_by_a_person(
    cast: Cast, maja: ShopAssistant, till: Till
) -> None:
    block(maja, till)
    told("staff.assistant.blocked", cast.store, by=f"device:{till.device}", about=maja.pk)
    signed_in(cast.bob).post(page(cast, maja.pk, "unblock"))
    told("staff.assistant.unblocked", cast.store, by=cast.bob.actor, about=maja.pk)
    assert fresh(maja).blocked_at is None
    assert check_pin("258013", fresh(maja).pin)


def test_a_new_pin_unblocks_too(cast: Cast, maja: ShopAssistant, till: Till) -> None:
    block(maja, till)
    signed_in(cast.bob).post(page(cast, maja.pk, "pin"), {"pin": "791346", "pin_again": "791346"})
    told("staff.assistant.pin_reset", cast.store, by=cast.bob.actor, about=maja.pk)
    assert fresh(maja).blocked_at is None
    assert 1 < fresh(maja).pin_version <= version_at(now())
    assert check_pin("791346", fresh(maja).pin)


def test_a_person_is_given_access(cast: Cast, tmp_path: Any) -> None:
    (tmp_path / "password").write_text(NEW)
    place = {"organisation": str(cast.organisation_id), "store": 12, "password_file": tmp_path / "password"}
    call_command("create_person", "ada@example.com", "--level", "STORE_MANAGER", **place)
    ada = Person.objects.get(email="ada@example.com")
    told("staff.person.invited", cast.store, by="system", about=ada.pk, level="STORE_MANAGER")
    with tenant_scope([], person=ada.pk):
        assert Membership.objects.get(person=ada).store_id == cast.store.pk
    assert ada.check_password(NEW)


def test_an_address_is_changed(cast: Cast) -> None:
    call_command("change_address", "bob@example.com", "Robert@Example.com")
    told("staff.person.address_changed", cast.store, by="system", about=cast.bob.pk)
    assert Person.objects.get(pk=cast.bob.pk).email == "robert@example.com"


def test_a_sign_in_that_fails_is_told_without_what_was_typed(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "bob@example.com", "password": "nearly my password"})
    told("staff.person.sign_in_failed", cast.store, by="unknown", about=cast.bob.pk, means="password")
    assert client.get("/manage/").status_code == 302


def test_somebody_signs_in_changes_her_password_and_signs_out(cast: Cast) -> None:
    """At every place where she has a level, so that whoever answers for it sees it."""
    with tenant_scope([cast.organisation_id]):
        Membership.objects.create(
            organisation_id=cast.organisation_id, person=cast.bob, level="SUPPORTER", chain=cast.shop.chain
        )
    client, bob = Client(), cast.bob
    client.post("/accounts/login/", {"login": "bob@example.com", "password": PASSWORD})
    assert client.get("/manage/").status_code == 200
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert Person.objects.get(pk=bob.pk).check_password(NEW)
    client.post("/accounts/logout/")
    assert client.get("/manage/").status_code == 302
    everywhere: list[Line] = [(bob.actor, place, {}) for place in (cast.store, cast.shop.chain)]
    told_each("staff.person.signed_in", *everywhere, about=bob.pk)
    told_each("staff.person.password_changed", *everywhere, about=bob.pk)
    told_each("staff.person.signed_out", *everywhere, about=bob.pk)


def test_a_password_is_chosen_anew_by_a_link(cast: Cast) -> None:
    client, bob = Client(), cast.bob
    page = client.get(reset_path(bob), follow=True)
    new = "another horse battery"
    client.post(page.redirect_chain[-1][0], {"new_password1": new, "new_password2": new})
    bob.refresh_from_db()
    assert bob.check_password(new)
    told("staff.person.password_reset", cast.store, by=bob.actor, about=bob.pk)


def test_a_second_factor_is_set_up_and_taken_away(cast: Cast) -> None:
    client, bob = Client(), cast.bob
    client.post("/accounts/login/", {"login": "bob@example.com", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/2fa/totp/activate/", {"code": code_at(client.session["mfa.totp.secret"], time.time())})
    Authenticator.objects.filter(user=bob, type=Authenticator.Type.RECOVERY_CODES).delete()
    call_command("renew_access", "bob@example.com", "--without-factor")
    assert client.get("/manage/").status_code == 302
    assert not Authenticator.objects.filter(user=bob).exists()
    lines: list[Line] = [
        (bob.actor, cast.store, {"change": "added", "kind": "totp"}),
        (bob.actor, cast.store, {"change": "added", "kind": "recovery_codes"}),
        ("system", cast.store, {"change": "removed", "kind": "recovery_codes"}),
        ("system", cast.store, {"change": "removed", "kind": "totp"}),
    ]
    told_each("staff.person.second_factor_changed", *lines, about=bob.pk)
