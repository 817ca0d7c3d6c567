"""Every page and every call, attacked as it stands in the router: a new one is attacked by being there.

Whoever is not known changes nothing, gets no 5xx, and writes no line into the error log; machines are answered by
problem documents. Who is known may send what she likes: there is never a 5xx for it.
"""

import base64
import json
import logging
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import RequestFactory

from butik.error_log.handler import ErrorLogHandler
from butik.lib.clock import now
from butik.lib.signing import SigningKey, encode
from butik.organisation.installation import forget_installation, install_store
from butik.organisation.models import Chain
from butik.organisation.proofs import make_proof
from butik.organisation.tenancy import tenant_scope
from butik.wsgi import machines, pages
from tests.attacks.hostile import DEEP, HUGE, LONG, bodies, headers, queries
from tests.support.fingerprint import Rows, changed, fingerprint
from tests.tenants.routes import Route, all_routes, values_of
from tests.tenants.test_routes import signed_in
from tests.tenants.world import Tenant

CALLS = [
    each for each in all_routes() if each.is_for_machines and "(" not in each.template and "^" not in each.template
]
PAGES = [each for each in all_routes() if not each.is_for_machines and not each.is_shared]
SHARED = [each for each in all_routes() if each.is_shared and not each.parameters]
SERVICE = {"pos": "store", "sync": "chain", "emergency": "emergency", "recovery": "emergency", "vault": "emergency"}
# Counts of wrong tries: the only rows that a stranger may add.
COUNTS = ("organisation_wrongguess ", "staff_try", "staff_wrong")
PROBLEM = "application/problem+json"


@pytest.fixture
def here(ours: Tenant) -> Iterator[Tenant]:
    install_store(store=ours.store, root_key=b"0" * 32, certificate="")
    yield ours
    forget_installation()


@pytest.fixture
def noted() -> Iterator[ErrorLogHandler]:
    """The error log's own handler: what it would keep, it has here."""
    handler = ErrorLogHandler(writes=False)
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def ask(
    method: str, path: str, body: bytes = b"", kind: str = "", query: str = "", sent: dict[str, str] | None = None
) -> tuple[int, str]:
    """Through the middleware and the handlers of the real entrance, but not its signals: the database stays ours."""
    request = RequestFactory().generic(method, path, body, kind or "text/plain", QUERY_STRING=query)
    environ = request.environ | {
        "HTTP_" + name.upper().replace("-", "_"): value for name, value in (sent or {}).items()
    }
    stack = machines if path.startswith("/api/") else pages
    response: HttpResponseBase = stack.get_response(WSGIRequest(environ))
    for chunk in response if response.streaming else ():
        assert chunk is not None
    return response.status_code, response.headers.get("Content-Type", "")


def faults(asked: str, answer: tuple[int, str], path: str) -> Iterator[str]:
    status, kind = answer
    if status >= 500:
        yield f"{asked}: {status}"
    if status >= 400 and path.startswith("/api/") and kind != PROBLEM:
        yield f"{asked}: {status} {kind}"


def of_tenant(tenant: Tenant) -> Rows:
    rows = fingerprint(tenant.organisation.pk)
    return {name: digest for name, digest in rows.items() if not name.startswith(COUNTS)}


def test_there_is_something_to_attack() -> None:
    assert len(CALLS) > 20
    assert len(PAGES) > 15
    assert {each.template.split("/")[1] for each in CALLS} == set(SERVICE)


def test_a_stranger_at_every_call(here: Tenant, noted: ErrorLogHandler) -> None:
    before, found = of_tenant(here), list[str]()
    for route in CALLS:
        path = route.address(values_of(here))
        attacks: list[tuple[str, str, bytes, str, dict[str, str]]] = [
            ("POST", name, body, kind, {}) for name, body, kind in bodies()
        ]
        attacks += [
            (method, name, b"{}", "application/json", sent) for name, sent in headers() for method in ("GET", "PUT")
        ]
        for method, name, body, kind, sent in attacks:
            found += faults(f"{method} {route} {name}", ask(method, path, body, kind, sent=sent), path)
        for query in queries():
            found += faults(f"GET {route} {query[:20]}", ask("GET", path, query=query), path)
    assert found == []
    assert changed(before, of_tenant(here)) == []
    assert noted._waiting == {}


@pytest.mark.parametrize(
    "path", ["/api/", "/api/x", "/api/" + "1" * LONG, "/api/%ff%00/é", "/api/vault/v9/x", "//api/x"]
)
def test_what_is_not_there(here: Tenant, noted: ErrorLogHandler, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "TRACE", "X"):
        status, kind = ask(method, path, b"{}")
        assert status in {404, 405}
        assert kind == PROBLEM or not path.startswith("/api/")
    assert noted._waiting == {}


def proofs(
    route: Route, tenant: Tenant, caller: Tenant, method: str, path: str, body: bytes
) -> Iterator[tuple[str, str]]:
    """Forged, altered, expired, deep and huge ones, in the name of `tenant`; and of `caller` as she is."""
    service = SERVICE[route.template.split("/")[1]]
    named = tenant.store.pk if service == "store" else tenant.chain.pk
    good: dict[str, Any] = {
        "org": tenant.organisation.pk,
        "aud": f"{service}/{named}",
        "method": method,
        "target": path,
    }
    good |= {"body": body, "at": now().timestamp()}
    mine = SigningKey.generate()
    altered: dict[str, dict[str, Any]] = {
        "another's service": {"aud": f"{service}/{caller.chain.pk}"},
        "another address": {"target": "/api/pos/v1/time"},
        "another body": {"body": b"other"},
        "another method": {"method": "PATCH"},
        "expired": {"at": 1},
    }
    for key, sub in ((tenant.device_key, tenant.device.pk), (tenant.store_key, tenant.store.pk)):
        yield "forged", make_proof(mine, sub=sub, **good)
        for name, changes in altered.items():
            yield name, make_proof(key, sub=sub, **(good | changes))
        claims = {"org": str(tenant.organisation.pk), "sub": str(sub), "aud": good["aud"], "htm": method, "htu": path}
        claims |= {"bsh": encode(body), "jti": "x"}
        for each in DEEP[:2]:
            deep = json.dumps(claims | {"iat": 1}).encode()[:-1] + b',"x":' + b"[" * each + b"]" * each + b"}"
            yield f"{each} brackets", "Butik " + key.sign("butik-proof", deep)
        yield "huge", "Butik " + key.sign("butik-proof", json.dumps(claims | {"iat": HUGE}).encode())
        yield "of another type", "Butik " + key.sign("butik-sale", json.dumps(claims | {"iat": 1}).encode())
    none = base64.urlsafe_b64encode(b'{"alg":"none","kid":"x","typ":"butik-proof"}').decode().rstrip("=")
    yield "without a signature", f"Butik {none}.e30."
    for key, sub in ((caller.device_key, caller.device.pk), (caller.store_key, caller.store.pk)):
        yield "foreign", make_proof(key, sub=sub, **good)


def test_nobody_calls_in_anothers_name(here: Tenant, theirs: Tenant, noted: ErrorLogHandler) -> None:
    before, found = of_tenant(here), list[str]()
    for route in CALLS:
        path, body = route.address(values_of(here)), b"{}"
        for method in ("GET", "POST"):
            for name, proof in proofs(route, here, theirs, method, path, body):
                status, kind = ask(method, path, body, "application/json", sent={"Authorization": proof})
                found += faults(f"{method} {route} {name}", (status, kind), path)
                if status == 200 and not route.template.endswith("/time"):
                    found.append(f"{method} {route} {name}: believed")
    assert found == []
    assert changed(before, of_tenant(here)) == []
    assert noted._waiting == {}


def test_a_known_caller_may_send_what_she_likes(here: Tenant) -> None:
    """A stolen device or store: it is believed, and still breaks nothing."""
    found: list[str] = []
    for route in CALLS:
        path, service = route.address(values_of(here)), SERVICE[route.template.split("/")[1]]
        named = here.store.pk if service == "store" else here.chain.pk
        keys = ((here.device_key, here.device.pk), (here.store_key, here.store.pk))
        for name, body, kind in bodies():
            for key, sub in keys[service == "chain" :]:
                proof = make_proof(
                    key, org=here.organisation.pk, sub=sub, aud=f"{service}/{named}", method="POST", target=path,
                    body=body, at=now().timestamp(),
                )  # fmt: skip
                with transaction.atomic():
                    answer = ask("POST", path, body, kind, sent={"Authorization": proof})
                    transaction.set_rollback(True)
                found += faults(f"POST {route} {name}", answer, path)
    assert found == []


def cookie_of(person: Any) -> str:
    cookies: SimpleCookie = signed_in(person).cookies
    return "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())


def test_strangers_at_every_page(here: Tenant, theirs: Tenant, noted: ErrorLogHandler) -> None:
    """Without a session, and signed in elsewhere; forms have no token, as another site's would have none."""
    elsewhere = {"Cookie": cookie_of(theirs.administrator)}
    before, found = of_tenant(here), list[str]()
    form = b"name=x&number=1&file=%00&csrfmiddlewaretoken=" + b"x" * 64
    nobody: dict[str, str] = {}
    for sent in (nobody, elsewhere):
        for route in PAGES if sent else [*PAGES, *SHARED]:
            path = route.address(values_of(here))
            for query in queries():
                found += faults(f"GET {route}", ask("GET", path, query=query, sent=sent), path)
            found += faults(
                f"POST {route}", ask("POST", path, form, "application/x-www-form-urlencoded", sent=sent), path
            )
    for name, sent in headers():
        found += faults(name, ask("GET", "/accounts/login/", sent=sent), "")
    for name, body, kind in bodies():
        found += faults(name, ask("POST", "/accounts/login/", body, kind), "")
    assert found == []
    assert changed(before, of_tenant(here)) == []
    assert noted._waiting == {}


def test_no_page_breaks_by_what_is_asked_of_it(here: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """By who may see it: hostile questions, and hostile forms that bear her token."""
    monkeypatch.setattr("django.middleware.csrf.CsrfViewMiddleware.process_view", lambda *_: None)
    found: list[str] = []
    cookie = cookie_of(here.administrator)
    form = b"name=%00&number=" + b"9" * 400 + b"&pin=%ff%fe&price=1e999&reason=%F0%9F%92%A9&chain=x&level=x"
    for route in PAGES:
        path = route.address(values_of(here))
        for method, body, query in (*(("GET", b"", query) for query in queries()), ("POST", form, "")):
            with transaction.atomic():
                answer = ask(method, path, body, "application/x-www-form-urlencoded", query, sent={"Cookie": cookie})
                transaction.set_rollback(True)
            found += faults(f"{method} {route} {query[:12]}", answer, path)
    assert found == []


def test_this_test_would_notice(here: Tenant, noted: ErrorLogHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own planted fault: a call that fails at what it is sent, and changes a row before it asks who calls."""

    def careless(*_: Any) -> None:
        with tenant_scope([here.organisation.pk]):
            Chain.objects.filter(pk=here.chain.pk).update(name="Mallory")
        raise RecursionError

    monkeypatch.setattr("butik.sync.api.read_body", careless)
    before = of_tenant(here)
    with transaction.atomic():
        answer = ask("POST", "/api/sync/v1/enrol", b"[" * 1000, "application/json")
    assert list(faults("it", answer, "/api/"))
    assert changed(before, of_tenant(here)) == [f"organisation_chain {here.chain.pk}"]
    assert noted._waiting
