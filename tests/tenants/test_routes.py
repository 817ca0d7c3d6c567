"""No route of any service shows one tenant's rows to another, nor a store's to the people of its sister store.

The routes are read from the router, so a new one is in this test by itself; one with a parameter that the test does
not know fails it. Then everything once more with the application's own lock taken off: on PostgreSQL still nothing
leaks.
"""

import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
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
WITH_IDS = [each for each in PAGES if each.parameters]
CALLS = [each for each in all_routes() if each.is_for_machines]
METHODS = ("GET", "POST")
# What differs between two answers that say the same: when they were made, and the form's token.
PASSING = re.compile(r'\d{4}-\d\d-\d\dT[\d:.]+Z?|(?<=name="csrfmiddlewaretoken" value=")\w+|"X-CSRFToken": ?"\w+"')


def body_of(response: HttpResponse) -> str:
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return PASSING.sub("…", bytes(raw).decode(errors="replace"))


def ask(person: Person | None, method: str, address: str) -> HttpResponse:
    client = Client(raise_request_exception=False)
    if person is not None:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.generic(method, address, HTTP_HX_REQUEST="true" if "row" in address else "")


def leaks(response: HttpResponse, tenant: Tenant, *, known: str = "") -> list[str]:
    """Secrets of `tenant` in an answer, but for what the asker had said herself."""
    text = body_of(response) + str(response.headers)
    return [each for each in tenant.secrets if each in text.replace(known, "")]


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


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", PAGES, ids=str)
def test_nobody_sees_a_page_without_signing_in(route: Route, method: str, ours: Tenant) -> None:
    response = ask(None, method, route.address(values_of(ours)))
    assert response.status_code in {302, 403, 404, 405}
    if response.status_code == 302:
        assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_stranger_sees_nothing_of_ours(route: Route, method: str, ours: Tenant, theirs: Tenant) -> None:
    address = route.address(values_of(ours))
    response = ask(theirs.administrator, method, address)
    assert leaks(response, ours, known=address) == []
    if route.parameters:
        assert response.status_code in {404, 405}
        nobody = route.address(values_of_nobody())
        other = ask(theirs.administrator, method, nobody)
        assert other.status_code == response.status_code
        assert body_of(other).replace(nobody, "") == body_of(response).replace(address, "")


@pytest.mark.parametrize("route", [each for each in WITH_IDS if "store_id" in each.parameters], ids=str)
def test_a_manager_sees_nothing_of_the_sister_store(route: Route, ours: Tenant) -> None:
    address = route.address(values_of(ours) | {"store_id": ours.other_store.pk})
    assert ask(ours.manager, "GET", address).status_code in {404, 405}


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_a_person_without_a_membership_is_refused(route: Route, ours: Tenant) -> None:
    charlie = Person.objects.create_user("charlie@nowhere.example", password="correct horse battery")
    response = ask(charlie, "GET", route.address(values_of(ours)))
    assert response.status_code in {403, 404, 405}
    assert leaks(response, ours, known=route.address(values_of(ours))) == []


@pytest.mark.parametrize("route", PAGES, ids=str)
def test_no_page_breaks(route: Route, ours: Tenant) -> None:
    response = ask(ours.administrator, "GET", route.address(values_of(ours)))
    assert response.status_code < 500


@pytest.mark.parametrize("route", CALLS, ids=str)
def test_a_machine_of_another_tenant_gets_nothing(route: Route, ours: Tenant, theirs: Tenant) -> None:
    for response in _call_as(theirs, route, ours):
        assert response.status_code < 500
        assert leaks(response, ours) == []


def _call_as(caller: Tenant, route: Route, called: Tenant) -> list[HttpResponse]:
    """Call as the caller's device and as the caller's store, at the called tenant's store service."""
    install_store(store=called.store, root_key=b"0" * 32, certificate="")
    address = route.address(values_of(called))
    answers = []
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
                answers.append(client.generic(method, address, b"{}", content_type="application/json"))
    return answers


@pytest.fixture
def first_lock_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a forgotten filter would do, everywhere at once."""
    monkeypatch.setattr(TenantQuerySet, "visible_to", lambda rows, _viewer: rows.all())
    monkeypatch.setattr(Person, "restrict", lambda _person, rows: rows)
    monkeypatch.setattr(guards, "holds", lambda *_: True)
    monkeypatch.setattr(guards, "reaches", lambda *_: True)


@pytest.mark.postgres
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("route", PAGES, ids=str)
def test_with_the_first_lock_off_the_second_still_holds(
    route: Route, method: str, ours: Tenant, theirs: Tenant, first_lock_is_off: None
) -> None:
    address = route.address(values_of(ours))
    response = ask(theirs.administrator, method, address)
    assert leaks(response, ours, known=address) == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there the second lock holds")
def test_this_test_would_notice(ours: Tenant, theirs: Tenant, first_lock_is_off: None) -> None:
    """Its own planted fault: on SQLite, without the first lock, there is nothing left to hold a row back."""
    noticed: list[Any] = []
    for route in PAGES:
        address = route.address(values_of(ours))
        noticed += leaks(ask(theirs.administrator, "GET", address), ours, known=address)
    assert ours.mark in noticed


@pytest.fixture(autouse=True)
def _forget_the_installation() -> Any:
    yield
    forget_installation()
