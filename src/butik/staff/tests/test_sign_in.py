"""Signing in to pages, and out again; the second factor; the frame around them."""

import re
import time

import pytest
from django.test import Client
from django.urls import reverse
from tests.support.cast import PASSWORD, Cast, signed_in

from butik.simulator.demo.second_factor import code_at


def sign_in(client: Client, email: str, password: str, **meta: str) -> int:
    return client.post("/accounts/login/", {"login": email, "password": password}, **meta).status_code  # type: ignore[arg-type]


def test_it_signs_in_with_mail_and_password(cast: Cast) -> None:
    client = Client()
    assert sign_in(client, "Alice@Example.com", PASSWORD) == 302
    assert client.get("/portal/").status_code == 200


def test_it_goes_on_to_the_page_that_was_asked_for(cast: Cast) -> None:
    response = Client().post("/accounts/login/?next=/errors/", {"login": "alice@example.com", "password": PASSWORD})
    assert response["Location"] == "/errors/"
    foreign = Client().post(
        "/accounts/login/?next=https://evil.example/", {"login": "alice@example.com", "password": PASSWORD}
    )
    assert foreign["Location"] == "/"


def test_it_does_not_say_which_of_the_two_was_wrong(cast: Cast) -> None:
    wrong = Client().post("/accounts/login/", {"login": "alice@example.com", "password": "no"}).content.decode()
    unknown = Client().post("/accounts/login/", {"login": "zoe@example.com", "password": "no"}).content.decode()
    message = "The email address and/or password you specified are not correct."
    assert message in wrong
    assert message in unknown


def test_somebody_who_was_closed_cannot_sign_in(cast: Cast) -> None:
    cast.alice.is_active = False
    cast.alice.save()
    client = Client()
    sign_in(client, "alice@example.com", PASSWORD)
    assert client.get("/portal/").status_code == 302


def test_nobody_signs_up(db: None) -> None:
    assert "signup" not in Client().get("/accounts/login/").content.decode()


def test_it_signs_out_by_a_button_only(cast: Cast) -> None:
    client = signed_in(cast.alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/portal/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/portal/").status_code == 302


@pytest.mark.parametrize(
    "name", ["account_change_password", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"]
)
def test_the_pages_of_the_account_stand_in_the_frame(name: str, cast: Cast) -> None:
    client = Client()
    sign_in(client, "alice@example.com", PASSWORD)
    page = client.get(reverse(name), follow=True)
    assert page.status_code == 200
    assert 'class="skip-link"' in page.content.decode()
    assert "<label" in page.content.decode() or name == "mfa_index"


def test_an_authenticator_app_is_asked_for_from_then_on(cast: Cast) -> None:
    client = Client()
    sign_in(client, "alice@example.com", PASSWORD)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    found = re.search(r'id="authenticator_secret"[^>]*><code[^>]*>(\w+)', page)
    assert found
    assert 'src="data:image/svg+xml' in page
    activated = client.post("/accounts/2fa/totp/activate/", {"code": code_at(found[1], time.time())}, follow=True)
    recovery = re.findall(r"\b[0-9a-f]{8}\b", activated.content.decode().partition("<textarea")[2])
    assert len(recovery) == 10
    again = Client()
    assert sign_in(again, "alice@example.com", PASSWORD) == 302
    assert again.get("/portal/").status_code == 302
    again.post("/accounts/2fa/authenticate/", {"code": recovery[0]})
    assert again.get("/portal/").status_code == 200


@pytest.mark.parametrize("path", ["/accounts/login/", "/portal/", "/manage/", "/errors/", "/nowhere"])
def test_no_page_has_inline_script_or_style(path: str, cast: Cast) -> None:
    page = signed_in(cast.alice).get(path, follow=True).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert " onclick=" not in page
    assert all("src=" in each or "application/json" in each for each in page.split("<script")[1:])


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/portal/", 403)])
def test_errors_say_what_to_do(path: str, status: int, nobody: Client) -> None:
    response = nobody.get(path)
    assert response.status_code == status
    assert "Front page" in response.content.decode()


def test_a_form_without_its_token_is_told_to_try_again(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert response.status_code == 403
    assert "Nothing was changed." in response.content.decode()


def test_it_speaks_danish_when_asked(db: None) -> None:
    client = Client()
    client.post("/language/", {"language": "da", "next": "/accounts/login/"})
    page = client.get("/accounts/login/").content.decode()
    assert '<html lang="da"' in page
    assert "Log ind" in page


def test_the_ribbon_follows_the_rights(cast: Cast) -> None:
    page = signed_in(cast.alice).get("/portal/").content.decode()
    assert "Error log" in page
    assert 'aria-current="page"><svg' in page
