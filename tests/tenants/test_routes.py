"""No route of any service shows one tenant's rows to another, nor a store's to the people of its sister store.

The routes are read from the router, so a new one is in this test by itself; one with a parameter that the test does
not know fails it. Then everything once more with the application's own lock taken off: on PostgreSQL still nothing
leaks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from butik.lib.clock import now
from butik.lib.tenant import TenantQuerySet
from butik.organisation.installation import audience, forget_installation, install_store
from butik.organisation.proofs import make_proof
from butik.staff import guards
from butik.staff.models import Person
from tests.tenants.routes import Route, all_routes, values_of, values_of_nobody
from tests.tenants.world import Tenant

PAGES = [each for each in all_routes() if not each.is_shared and not each.is_for_machines]
CALLS = [each for each in all_routes() if each.is_for_machines]
METHODS = ("GET", "POST")
# What differs between two answers that say the same: when they were made, and the form's token.
PASSING = re.compile(r'\d{4}-\d\d-\d\dT[\d:.]+Z?|(?<=name="csrfmiddlewaretoken" value=")\w+|"X-CSRFToken": ?"\w+"')


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str

    def leaks(self, tenant: Tenant, *, known: str) -> list[str]:
        """Secrets of `tenant` in the answer, but for what the asker had said herself."""
        said = self.text.replace(known, "") + self.location.replace(known, "")
        return [each for each in tenant.secrets if each in said]


def send(client: Client, method: str, address: str, body: bytes = b"", **options: Any) -> Answer:
    """Ask, and undo whatever that did, so that every route meets the same rows."""
    with transaction.atomic():
        response = client.generic(method, address, body, **options)
        raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    text = PASSING.sub("…", bytes(raw).decode(errors="replace"))
    return Answer(response.status_code, text, response.headers.get("Location", ""))


def signed_in(person: Person | None) -> Client:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def ask_all(person: Person | None, routes: list[Route], values: dict[str, object]) -> Iterator[tuple[str, str, Answer]]:
    """Every route with both methods: what was asked, the address, and the answer."""
    client = signed_in(person)
    for route in routes:
        address = route.address(values)
        for method in METHODS:
            yield f"{method} {route}", address, send(client, method, address)


def test_every_parameter_of_every_route_is_known(ours: Tenant) -> None:
    known = set(values_of(ours))
    assert {
        str(each): set(each.parameters) - known
        for each in all_routes()
        if not each.is_shared and set(each.parameters) - known
    } == {}


def test_there_are_routes_to_test() -> None:
    assert len(PAGES) > 15
    assert len(CALLS) > 10


def test_nobody_sees_a_page_without_signing_in(ours: Tenant) -> None:
    seen = {
        asked: answer.status
        for asked, _, answer in ask_all(None, PAGES, values_of(ours))
        if answer.status not in {403, 404, 405} and not answer.location.startswith("/accounts/login/")
    }
    assert seen == {}


def test_a_stranger_sees_nothing_of_ours(ours: Tenant, theirs: Tenant) -> None:
    nobody = {
        asked: (address, answer) for asked, address, answer in ask_all(theirs.administrator, PAGES, values_of_nobody())
    }
    for asked, address, answer in ask_all(theirs.administrator, PAGES, values_of(ours)):
        assert answer.leaks(ours, known=address) == [], asked
        if "<" in asked:  # it names something of ours: as if that did not exist, to the letter
            elsewhere, other = nobody[asked]
            assert answer.status in {404, 405}, asked
            assert answer.status == other.status, asked
            assert answer.text.replace(address, "") == other.text.replace(elsewhere, ""), asked


def test_a_manager_sees_nothing_of_the_sister_store(ours: Tenant) -> None:
    routes = [each for each in PAGES if "store_id" in each.parameters]
    values = values_of(ours) | {"store_id": ours.other_store.pk}
    seen = {
        asked: answer.status
        for asked, _, answer in ask_all(ours.manager, routes, values)
        if answer.status not in {404, 405}
    }
    assert seen == {}


def test_a_person_without_a_membership_is_refused(ours: Tenant) -> None:
    charlie = Person.objects.create_user("charlie@nowhere.example", password="correct horse battery")
    for asked, address, answer in ask_all(charlie, PAGES, values_of(ours)):
        assert answer.status in {403, 404, 405}, asked
        assert answer.leaks(ours, known=address) == [], asked


def test_no_page_breaks(ours: Tenant) -> None:
    broken = {
        asked: answer.status
        for asked, _, answer in ask_all(ours.administrator, PAGES, values_of(ours))
        if answer.status >= 500
    }
    assert broken == {}


def test_a_machine_of_another_tenant_gets_nothing(ours: Tenant, theirs: Tenant) -> None:
    install_store(store=ours.store, root_key=b"0" * 32, certificate="")
    for route in CALLS:
        for answer in _call_as(theirs, route, ours):
            assert answer.status < 500, route
            assert answer.leaks(ours, known=route.address(values_of(ours))) == [], route


def _call_as(caller: Tenant, route: Route, called: Tenant) -> Iterator[Answer]:
    """Call as the caller's device and as the caller's store, at the called tenant's store service."""
    address = route.address(values_of(called))
    for key, subject in ((caller.device_key, caller.device.pk), (caller.store_key, caller.store.pk)):
        for organisation in (caller.organisation.pk, called.organisation.pk):
            for method in METHODS:
                proof = make_proof(
                    key,
                    org=organisation,
                    sub=subject,
                    aud=audience(),
                    method=method,
                    target=address,
                    body=b"{}",
                    at=now().timestamp(),
                )
                client = Client(raise_request_exception=False, headers={"Authorization": proof})
                yield send(client, method, address, b"{}", content_type="application/json")


@pytest.fixture
def first_lock_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a forgotten filter would do, everywhere at once."""
    monkeypatch.setattr(TenantQuerySet, "visible_to", lambda rows, _viewer: rows.all())
    monkeypatch.setattr(Person, "restrict", lambda _person, rows: rows)
    monkeypatch.setattr(guards, "holds", lambda *_: True)
    monkeypatch.setattr(guards, "reaches", lambda *_: True)


@pytest.mark.postgres
def test_with_the_first_lock_off_the_second_still_holds(ours: Tenant, theirs: Tenant, first_lock_is_off: None) -> None:
    for asked, address, answer in ask_all(theirs.administrator, PAGES, values_of(ours)):
        assert answer.leaks(ours, known=address) == [], asked


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there the second lock holds")
def test_this_test_would_notice(ours: Tenant, theirs: Tenant, first_lock_is_off: None) -> None:
    """Its own planted fault: on SQLite, without the first lock, there is nothing left to hold a row back."""
    noticed = [
        secret
        for _, address, answer in ask_all(theirs.administrator, PAGES, values_of(ours))
        for secret in answer.leaks(ours, known=address)
    ]
    assert ours.mark in noticed


@pytest.fixture(autouse=True)
def _forget_the_installation() -> Iterator[None]:
    yield
    forget_installation()
