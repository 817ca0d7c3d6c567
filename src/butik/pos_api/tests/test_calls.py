"""What holds for every call: who may call, how, and what is answered when something is wrong."""

from typing import Any

import msgspec
import pytest
from django.db import OperationalError
from django.test import Client
from tests.support.till import API, NOW, Shop, Till, enrol, open_shop

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api import device_calls, journal_call, receipts
from butik.pos_api.tests.conftest import Line
from butik.sales.enrolment import revoke_device

READS = [
    "/state",
    "/enrolment",
    "/staff",
    "/receipts",
    "/receipts/01900000-0000-7000-8000-000000000000",
    "/prices",
    f"/prices/{'0' * 64}",
    "/articles/by-barcode/5701234567899",
]
WRITES = ["/journal", "/unpair"]
CALLS = [("GET", path) for path in READS] + [("POST", path) for path in WRITES]


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    said = msgspec.json.decode(response.content)
    assert said["status"] == response.status_code
    return response.status_code, said["type"]


def call(line: Line, till: Till, method: str, path: str, **claims: Any) -> Any:
    return line.get(till, path, **claims) if method == "GET" else line.post(till, path, {"records": []}, **claims)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_refuses_a_call_without_proof(method: str, path: str, shop: Shop) -> None:
    assert problem(Client().generic(method, API + path)) == (401, "no-proof")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_refuses_a_key_that_is_not_known(method: str, path: str, till: Till, line: Line) -> None:
    till.key = SigningKey.generate()
    assert problem(call(line, till, method, path)) == (401, "unknown-device")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_refuses_a_proof_for_another_service(method: str, path: str, till: Till, line: Line) -> None:
    assert problem(call(line, till, method, path, aud=f"store/{new_id()}")) == (401, "bad-proof")


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_tells_a_device_whose_clock_is_off_what_time_it_is(method: str, path: str, till: Till, line: Line) -> None:
    response = call(line, till, method, path, at=NOW.timestamp() - 301)
    assert problem(response) == (401, "clock-skew")
    assert msgspec.json.decode(response.content)["server_time"] == NOW.timestamp()


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_answers_the_wrong_method_with_a_problem(method: str, path: str, shop: Shop) -> None:
    other = "PUT" if method == "GET" else "GET"
    response = Client().generic(other, API + path)
    assert problem(response) == (405, "bad-method")
    assert response.headers["Allow"] == method


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_it_is_closed_to_a_revoked_device_but_for_the_journal(method: str, path: str, till: Till, line: Line) -> None:
    with tenant_scope([till.org]):
        revoke_device(device=Device.objects.get(pk=till.device), actor="system", now=NOW)
    if path == "/journal":
        assert line.post(till, path, {"records": [till.opening()]}).status_code == 200
    else:
        assert problem(call(line, till, method, path)) == (403, "device-revoked")


def test_it_refuses_a_device_of_another_store_of_the_same_chain(shop: Shop, till: Till, line: Line) -> None:
    other = open_shop(number=13, chain=shop.chain, install=False)
    with tenant_scope([till.org]):
        Device.objects.filter(pk=till.device).update(store=other.store, pos=other.pos)
    assert problem(line.get(till, "/state")) == (401, "unknown-device")


def test_it_refuses_a_proof_of_another_organisation(till: Till, line: Line) -> None:
    assert problem(line.get(till, "/state", org=new_id())) == (401, "unknown-device")


def test_it_refuses_a_device_that_says_it_is_another(shop: Shop, till: Till, line: Line) -> None:
    other = enrol(shop, lambda path, body: msgspec.json.decode(line.post_unsigned(path, body).content))
    assert problem(line.get(till, "/state", sub=other.device)) == (401, "unknown-device")


def test_it_refuses_a_proof_made_for_another_body(till: Till, line: Line) -> None:
    proof = till.proof("POST", f"{API}/journal", b'{"records":[]}')
    assert problem(line.post_unsigned(f"{API}/journal", b'{"records":[1]}', Authorization=proof)) == (401, "bad-proof")


def test_it_refuses_a_proof_made_for_another_address(till: Till, line: Line) -> None:
    proof = till.proof("GET", f"{API}/state")
    assert problem(Client().get(f"{API}/staff", headers={"Authorization": proof})) == (401, "bad-proof")


def test_it_reads_an_address_as_the_device_spelled_it(till: Till, line: Line) -> None:
    target = f"{API}/articles/by-barcode/A%2DB%20C"
    response = Client().get(target, headers={"Authorization": till.proof("GET", target)})
    assert problem(response) == (404, "not-found")


def test_it_answers_nothing_at_an_address_that_is_not_there(db: None) -> None:
    assert problem(Client().get(f"{API}/nothing/here")) == (404, "not-found")
    assert problem(Client().post(f"{API}/")) == (404, "not-found")


@pytest.mark.parametrize("body", [b"", b"{", b'{"records":', b'{"records":{}}', b'{"records":[]}', b"\xff\xfe", b"[]"])
def test_it_explains_a_body_that_does_not_fit(body: bytes, till: Till, line: Line) -> None:
    assert problem(line.post(till, "/journal", body)) == (422, "bad-request")


def test_it_takes_at_most_500_records_a_call(till: Till, line: Line) -> None:
    assert problem(line.post(till, "/journal", {"records": ["a"] * 501})) == (422, "bad-request")


def test_it_does_not_read_a_body_that_is_too_large(till: Till, line: Line) -> None:
    huge = b'{"records":["' + b"a" * journal_call.LIMIT + b'"]}'
    assert problem(line.post(till, "/journal", huge)) == (413, "too-large")
    assert problem(line.post(till, "/unpair", b" " * 20_000)) == (413, "too-large")


def test_it_says_that_the_disk_is_full(till: Till, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(journal_call, "receive_from_device", full)
    assert problem(line.post(till, "/journal", {"records": [till.opening()]})) == (507, "disk-full")


def test_it_asks_to_come_again_when_the_database_is_busy(
    till: Till, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(journal_call, "receive_from_device", busy)
    response = line.post(till, "/journal", {"records": [till.opening()]})
    assert problem(response) == (503, "busy")
    assert int(response.headers["Retry-After"]) >= 1


def test_it_hides_what_went_wrong_inside(till: Till, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(receipts, "count_copies", broken)
    monkeypatch.setattr(device_calls, "current_staff", broken)
    response = line.get(till, "/staff")
    assert problem(response) == (500, "failed")
    assert b"secret" not in response.content


def test_it_tells_the_time_to_anybody(db: None) -> None:
    assert msgspec.json.decode(Client().get(f"{API}/time").content) == {"server_time": NOW.timestamp()}
