"""Wrong tries are bounded for strangers, wherever they come from, and shut nobody else out."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.support.cast import PASSWORD, Cast

from butik.simulator.demo.second_factor import code_at
from butik.staff import account_forms, sign_in
from butik.staff.models import Person, TryCount
from butik.staff.tries import Rule, TooManyTries, advance, counters, give_back, take_try

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOGIN = "/accounts/login/"
TOO_MANY = "Too many wrong tries"


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(sign_in, "now", clock)
    monkeypatch.setattr(account_forms, "now", clock)
    return clock


def attempt(client: Client, email: str, password: str, address: str = "192.0.2.7") -> str:
    """`in`, `wrong` or `refused`."""
    response = client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address)
    if response.status_code == 302:
        return "in"
    return "refused" if TOO_MANY in response.content.decode() else "wrong"


def test_five_wrong_passwords_are_enough_for_a_while(cast: Cast, clock: Clock) -> None:
    answers = [attempt(Client(), "alice@example.com", "no") for _ in range(7)]
    assert answers == ["wrong"] * 5 + ["refused"] * 2
    assert attempt(Client(), "alice@example.com", PASSWORD) == "refused"
    clock.now += timedelta(minutes=3)
    assert attempt(Client(), "alice@example.com", PASSWORD) == "in"


@pytest.mark.parametrize("spelling", ["ALICE@example.com", " alice@EXAMPLE.com"])
def test_another_spelling_is_not_another_account(spelling: str, cast: Cast, clock: Clock) -> None:
    for _ in range(5):
        attempt(Client(), "alice@example.com", "no")
    assert attempt(Client(), spelling, "no") == "refused"


def test_the_refusal_says_how_long(cast: Cast, clock: Clock) -> None:
    for _ in range(5):
        attempt(Client(), "alice@example.com", "no")
    page = Client().post(LOGIN, {"login": "alice@example.com", "password": "no"}, REMOTE_ADDR="192.0.2.7")
    assert "Wait 3 minutes" in page.content.decode()


def test_a_strangers_tries_do_not_shut_out_who_comes_from_elsewhere(cast: Cast, clock: Clock) -> None:
    for _ in range(9):
        attempt(Client(), "alice@example.com", "no")
    assert attempt(Client(), "alice@example.com", PASSWORD, "198.51.100.4") == "in"
    assert attempt(Client(), "bob@example.com", PASSWORD) == "in"


def test_many_addresses_are_bounded_too_and_the_known_device_is_not_shut_out(cast: Cast, clock: Clock) -> None:
    own = Client()
    assert attempt(own, "alice@example.com", PASSWORD, "203.0.113.1") == "in"
    own.post("/accounts/logout/")
    answers = [attempt(Client(), "alice@example.com", "no", f"10.0.0.{n}") for n in range(40)]
    assert answers == ["wrong"] * 20 + ["refused"] * 20
    assert attempt(Client(), "alice@example.com", PASSWORD, "198.51.100.4") == "refused"  # nobody knows that it is she
    assert attempt(own, "alice@example.com", PASSWORD, "198.51.100.4") == "in"
    assert attempt(own, "alice@example.com", "no", "10.0.0.1") == "in"  # (she is signed in: the page leads on)


def test_a_known_device_is_bounded_as_well(cast: Cast, clock: Clock) -> None:
    own = known_to(cast.alice)
    assert [attempt(own, "alice@example.com", "no") for _ in range(11)] == ["wrong"] * 10 + ["refused"]


def test_a_device_is_known_for_its_person_alone_and_ends_with_her_password(cast: Cast, clock: Clock) -> None:
    bobs, own = known_to(cast.bob), known_to(cast.alice)
    for n in range(20):
        attempt(Client(), "alice@example.com", "no", f"10.0.0.{n}")
    assert attempt(bobs, "alice@example.com", PASSWORD) == "refused"
    cast.alice.set_password("another horse battery")
    cast.alice.save()
    assert attempt(own, "alice@example.com", "another horse battery") == "refused"


@pytest.mark.parametrize("spoil", [lambda text: text[:-3] + "abc", lambda text: "x", lambda text: ""])
def test_a_forged_cookie_makes_no_device_known(spoil: Callable[[str], str], cast: Cast, clock: Clock) -> None:
    own = known_to(cast.alice)
    name = next(each for each in own.cookies if each.endswith("-device"))
    own.cookies[name] = spoil(own.cookies[name].value)
    assert [attempt(own, "alice@example.com", "no") for _ in range(6)] == ["wrong"] * 5 + ["refused"]


def test_one_address_cannot_go_through_all_accounts(cast: Cast, clock: Clock) -> None:
    answers = [attempt(Client(), f"somebody{n}@example.com", "no") for n in range(22)]
    assert answers == ["wrong"] * 20 + ["refused"] * 2
    assert attempt(Client(), "somebody@example.com", "no", "2001:db8::1") == "wrong"


def test_an_ipv6_network_is_one_address(cast: Cast, clock: Clock) -> None:
    answers = [attempt(Client(), "alice@example.com", "no", f"2001:db8:0:7::{n:x}") for n in range(6)]
    assert answers == ["wrong"] * 5 + ["refused"]


def test_nothing_that_strangers_do_forgets_a_count(cast: Cast, clock: Clock) -> None:
    """Also not what a restart forgets: the count is in no process."""
    for _ in range(5):
        attempt(Client(), "alice@example.com", "no")
    for n in range(60):
        attempt(Client(), f"somebody{n}@example.com", "no", f"10.0.{n}.1")
    cache.clear()
    assert attempt(Client(), "alice@example.com", PASSWORD) == "refused"


def test_idle_counters_go_away(cast: Cast, clock: Clock) -> None:
    for n in range(10):
        attempt(Client(), f"somebody{n}@example.com", "no", f"10.0.{n}.1")
    before = TryCount.objects.count()
    clock.now += timedelta(days=1)
    attempt(Client(), "nobody@example.com", "no")
    assert (before, TryCount.objects.count()) == (30, 3)


def test_a_forwarded_address_counts_only_from_the_front_door(cast: Cast, clock: Clock) -> None:
    """From the door there is no REMOTE_ADDR, and the caller stands last whatever he sent himself."""
    for n in range(5):
        via_door = {"REMOTE_ADDR": "", "HTTP_X_FORWARDED_FOR": f"10.9.9.{n}, 192.0.2.7"}
        Client().post(LOGIN, {"login": "alice@example.com", "password": "no"}, **via_door)  # type: ignore[arg-type]
    assert attempt(Client(), "alice@example.com", PASSWORD, "192.0.2.7") == "refused"
    said = {"login": "bob@example.com", "password": "no"}
    pages = [
        Client().post(LOGIN, said, REMOTE_ADDR="192.0.2.9", HTTP_X_FORWARDED_FOR=f"10.9.9.{n}").content.decode()
        for n in range(6)
    ]
    assert [TOO_MANY in page for page in pages] == [False] * 5 + [True]


def test_codes_are_counted_and_each_is_good_once(cast: Cast, clock: Clock) -> None:
    secret = generate_totp_secret()
    TOTP.activate(cast.alice, secret)
    first = code_at(secret, time.time())
    guesser = past_the_password(cast.alice)
    for _ in range(5):
        assert "Incorrect code" in code(guesser, "000000")
    assert TOO_MANY in code(guesser, first)
    owner = past_the_password(cast.alice, "198.51.100.4")
    assert code(owner, first, "198.51.100.4") == "in"
    cache.clear()  # where allauth remembers the codes that were used
    assert "has been used" in code(past_the_password(cast.alice, "198.51.100.5"), first, "198.51.100.5")


def test_whoever_sits_at_an_open_browser_cannot_guess_on(cast: Cast, clock: Clock) -> None:
    own = known_to(cast.alice)
    attempt(own, "alice@example.com", PASSWORD)
    said = {"oldpassword": "no", "password1": "another horse battery", "password2": "another horse battery"}
    for _ in range(5):
        own.post("/accounts/password/change/", said)
        own.post("/accounts/reauthenticate/", {"password": "no"})
    assert TOO_MANY in own.post("/accounts/password/change/", said).content.decode()
    assert TOO_MANY in own.post("/accounts/reauthenticate/", {"password": PASSWORD}).content.decode()


@given(
    gaps=st.lists(st.integers(0, 900), max_size=60),
    tries=st.integers(1, 12),
    each=st.integers(1, 600),
)
def test_however_they_are_spread_no_more_get_through_than_the_rule_says(gaps: list[int], tries: int, each: int) -> None:
    rule, moment, busy, taken = Rule(tries, timedelta(seconds=each)), START, START, []
    for gap in gaps:
        moment += timedelta(seconds=gap)
        try:
            busy = advance(busy, rule, moment)
        except TooManyTries as refusal:
            advance(busy, rule, moment + refusal.wait)  # what it says to wait is enough
            continue
        taken.append(moment)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            assert last - first + 1 <= tries + (taken[last] - taken[first]) / rule.each


def test_a_right_try_takes_nothing_from_the_wrong_ones(db: None) -> None:
    asked = counters(purpose="password", account="a@example.com", block="192.0.2.7", device=None)
    for _ in range(4):
        take_try(asked, START)
    for _ in range(10):
        take_try(asked, START)
        give_back(asked)
    take_try(asked, START)
    with pytest.raises(TooManyTries):
        take_try(asked, START)


def known_to(person: Person) -> Client:
    client = Client()
    assert attempt(client, person.email, PASSWORD, "203.0.113.99") == "in"
    client.post("/accounts/logout/")
    return client


def past_the_password(person: Person, address: str = "192.0.2.7") -> Client:
    client = Client()
    assert attempt(client, person.email, PASSWORD, address) == "in"
    return client


def code(client: Client, said: str, address: str = "192.0.2.7") -> str:
    response = client.post("/accounts/2fa/authenticate/", {"code": said}, REMOTE_ADDR=address)
    return "in" if response.status_code == 302 else response.content.decode()
