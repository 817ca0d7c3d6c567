"""Whose account is whose: nobody chooses her own address, and rights given to one person never reach another."""

from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import get_resolver
from tests.support.cast import PASSWORD, Cast, signed_in

from butik.audit.models import AuditEntry
from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope
from butik.staff.addresses import normal_address
from butik.staff.models import Membership, Person
from butik.staff.people import KnownPerson, change_address, give_access

GONE = (
    "email/",
    "confirm-email/",
    "confirm-email/abc/",
    "signup/",
    "password/set/",
    "password/reset/done/",
    "password/reset/key/1-abc/more/",
    "login/code/",
    "login/code/confirm/",
    "phone/change/",
    "3rdparty/",
    "sessions/",
    "social/connections/",
    "2fa/trust/",
    "2fa/webauthn/signup/",
    "",
)


@pytest.mark.parametrize("path", GONE)
def test_what_nobody_needs_of_an_account_is_not_there(path: str, cast: Cast) -> None:
    for client in (Client(), signed_in(cast.bob)):
        assert client.get(f"/accounts/{path}").status_code == 404
        assert client.post(f"/accounts/{path}", {"email": "new@example.com", "action_add": ""}).status_code == 404
    assert Person.objects.get(pk=cast.bob.pk).email == "bob@example.com"


def test_the_pages_of_an_account_are_a_list_of_their_own() -> None:
    """A new version of allauth brings nothing that was not chosen here."""
    accounts: Any = next(each for each in get_resolver().url_patterns if str(each.pattern) == "accounts/")
    assert accounts.urlconf_module.__name__ == "butik.staff.account_urls"


def test_an_address_that_allauth_keeps_beside_opens_nothing(cast: Cast) -> None:
    EmailAddress.objects.create(user=cast.bob, email="alice@example.com", verified=True, primary=True)
    client = Client()
    client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(cast.alice.pk)


SPELLINGS = (
    "BOB@EXAMPLE.COM",
    " bob@example.com ",
    "bob@example\uff0ecom",
    "\uff42ob@example.com",
    "Bob@Example.Com",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_however_it_is_spelt_an_address_is_one_persons(spelling: str, cast: Cast) -> None:
    assert Person.objects.get(email=spelling) == cast.bob
    with pytest.raises(KnownPerson, match=r"bob@example\.com"):
        invite(cast, spelling)
    with pytest.raises(KnownPerson):
        change_address(person=cast.olga, email=spelling, actor="system", now=now())


def test_what_only_looks_alike_is_another_address() -> None:
    assert normal_address("b\u043eb@example.com") != normal_address("bob@example.com")  # a Cyrillic o
    assert normal_address("Bo@K\u00d8BMAND.dk") == normal_address("bo@k\u00f8bmand.dk") == "bo@xn--kbmand-bya.dk"
    assert normal_address("a\u030a@example.com") == normal_address("\u00e5@example.com")
    assert normal_address("no address") == "no address"
    assert normal_address("a@" + "b" * 70) == "a@" + "b" * 70


def test_a_known_person_is_given_more_only_by_name(cast: Cast, tmp_path: Path) -> None:
    """The one who was meant is somebody new; the one who has the address is not made administrator in her place."""
    asked = ("create_person", "bob@example.com", "--level", "CHAIN_ADMINISTRATOR", "--chain", "1")
    with pytest.raises(CommandError, match=r"belongs to Bob already \(Store manager of 12 .*--known"):
        call_command(*asked)
    with tenant_scope([cast.organisation_id], person=cast.bob.pk):
        assert Membership.objects.filter(person=cast.bob).count() == 1
    with pytest.raises(CommandError, match="Nobody is known by"):
        call_command("create_person", "nobody@example.com", "--level", "SUPPORTER", "--known")
    call_command(*asked, "--known")
    with tenant_scope([cast.organisation_id], person=cast.bob.pk):
        assert Membership.objects.filter(person=cast.bob).count() == 2


def test_an_administrator_changes_an_address_and_it_leaves_a_line(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    bob = signed_in(cast.bob)
    assert bob.get("/errors/").status_code == 200
    call_command("change_address", "bob@example.com", "Robert@Example.com")
    assert "Bob signs in with robert@example.com" in capsys.readouterr().out
    assert bob.get("/errors/").status_code == 302  # the session was begun by the old one
    with tenant_scope([cast.organisation_id]):
        line = AuditEntry.objects.get(action="staff.person.address_changed")
    assert (line.subject, line.store_id, line.data) == (str(cast.bob.pk), cast.store.pk, {})
    assert invite(cast, "bob@example.com").pk != cast.bob.pk  # who comes after him inherits nothing of his
    with tenant_scope([cast.organisation_id]):
        assert [each.person_id for each in Membership.objects.filter(store=cast.store, level="STORE_MANAGER")] == [
            cast.bob.pk
        ]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("zoe@example.com", "x@example.com", "Nobody signs in"),
        ("bob@example.com", "olga@example.com", "belongs to somebody else already: Olga"),
        ("bob@example.com", "no address", "valid email"),
    ],
)
def test_what_cannot_be_changed_is_said(old: str, new: str, complaint: str, cast: Cast) -> None:
    with pytest.raises(CommandError, match=complaint):
        call_command("change_address", old, new)
    assert Person.objects.get(pk=cast.bob.pk).email == "bob@example.com"


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, elsewhere = signed_in(cast.bob), signed_in(cast.bob)
    said = {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"}
    assert here.post("/accounts/password/change/", said).status_code == 302
    assert here.get("/errors/").status_code == 200
    assert elsewhere.get("/errors/").status_code == 302


def test_no_page_may_be_framed(cast: Cast) -> None:
    """A page in another's frame takes clicks that were meant for something else."""
    for path in ("/accounts/login/", "/manage/", "/health", "/nowhere"):
        response = signed_in(cast.bob).get(path)
        assert response.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"], path


def invite(cast: Cast, email: str) -> Person:
    return give_access(
        email=email,
        name="New",
        password="a long enough secret",
        level="CHAIN_ADMINISTRATOR",
        organisation_id=cast.organisation_id,
        chain=cast.store.chain,
        store=None,
        actor="system",
        now=now(),
    )
