"""Strangers who sign in take one thread of the pages at most, and nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.support.cast import PASSWORD, Cast

from butik.serving.children import PAGE_THREADS
from butik.staff.models import Person, TryCount
from butik.staff.sign_in import PersonBackend

LOGIN = "/accounts/login/"


def post(client: Client, email: str, password: str = PASSWORD) -> HttpResponse:
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR="192.0.2.7")  # type: ignore[return-value]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], Any]], Any]:
    """What is answered while a stranger's password is being judged: the hasher itself asks and waits."""

    def ask(email: str, what: Callable[[], Any]) -> Any:
        answers: list[Any] = []
        real = PersonBackend._check_password

        def slow(self: PersonBackend, person: Person | None, password: str) -> Any:
            if not answers:
                answers.append(None)
                answers[0] = what()
            return real(self, person, password)

        with monkeypatch.context() as patched:
            patched.setattr(PersonBackend, "_check_password", slow)
            assert post(Client(), email).status_code == 302  # the first was never in the others' way
        return answers[0]

    return ask


def test_a_second_stranger_is_told_at_once(cast: Cast, meanwhile: Callable[..., Any]) -> None:
    answer = meanwhile("alice@example.com", lambda: post(Client(), "bob@example.com"))
    assert answer.status_code == 429
    assert answer["Retry-After"] == "1"
    assert "Many are signing in right now. Try again in a moment." in answer.content.decode()
    assert 'value="bob@example.com"' in answer.content.decode()  # nothing has to be typed again but the password


def test_nobody_who_is_unknown_gets_a_second_place(cast: Cast, meanwhile: Callable[..., Any]) -> None:
    assert meanwhile("alice@example.com", lambda: post(Client(), "nobody@example.com")).status_code == 429


def test_who_was_told_to_wait_has_not_tried(cast: Cast, meanwhile: Callable[..., Any]) -> None:
    counted = meanwhile(
        "alice@example.com",
        lambda: [TryCount.objects.count(), post(Client(), "bob@example.com"), TryCount.objects.count()],
    )
    assert counted[0] == counted[2]
    assert post(Client(), "bob@example.com").status_code == 302


def test_who_is_signed_in_is_answered(cast: Cast, meanwhile: Callable[..., Any]) -> None:
    bob = Client()
    assert post(bob, "bob@example.com").status_code == 302
    assert meanwhile("alice@example.com", lambda: bob.get("/accounts/password/change/")).status_code == 200
    again = {"oldpassword": PASSWORD, "password1": "a new horse battery", "password2": "a new horse battery"}
    assert meanwhile("alice@example.com", lambda: bob.post("/accounts/password/change/", again)).status_code == 302
    assert PAGE_THREADS > 1  # the other answers her


def test_a_browser_that_is_known_does_not_queue_behind_strangers(cast: Cast, meanwhile: Callable[..., Any]) -> None:
    bob = Client()
    assert post(bob, "bob@example.com").status_code == 302
    bob.post("/accounts/logout/")
    assert meanwhile("alice@example.com", lambda: post(bob, "bob@example.com")).status_code == 302


def test_the_place_is_free_after_whatever_happened(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: PersonBackend, person: Person | None, password: str) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(PersonBackend, "_check_password", broken)
        with pytest.raises(MemoryError):
            post(Client(), "alice@example.com")
    for _ in range(6):
        post(Client(), "alice@example.com", "wrong")
    assert post(Client(), "bob@example.com").status_code == 302
