from typing import Any

import msgspec
import pytest

from butik.audit.models import AuditEntry
from butik.lib.signing import SigningKey, decode, encode
from butik.lib.versions import version_at
from butik.organisation.actions import issue_code
from butik.organisation.keys import read_certificate
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync.tests.conftest import StoreCaller, now
from butik.sync.wire import BASE

pytestmark = pytest.mark.django_db


def enrol(store: StoreCaller, code: str, key: str) -> Any:
    body = msgspec.json.encode({"code": code, "key": key, "app": "0.1.0"})
    return store.client.post(f"{BASE}/enrol", body, content_type="application/json")


def issue(store: StoreCaller, **pos: Any) -> str:
    return issue_code(store=store.shop.store, actor="system", now=now(), **pos)


def test_it_gives_a_certificate_for_a_code(store: StoreCaller) -> None:
    key = SigningKey.generate()
    told = enrol(store, issue(store), encode(key.public)).json()
    said = read_certificate(told["certificate"], decode(told["root"]["key"]), now())
    assert (said.key_bytes, said.store, said.version) == (key.public, store.shop.store.id, version_at(said.issued_at))
    assert told["tree"]["store"]["number"] == store.shop.store.number
    assert [pos["number"] for pos in told["tree"]["poss"]] == [3]
    with tenant_scope([store.shop.store.organisation_id]):
        assert bytes(Store.objects.get().key or b"") == key.public
        assert AuditEntry.objects.filter(action="sync.store.enrolled").count() == 1


def test_it_closes_the_key_that_was_there_before(store: StoreCaller) -> None:
    enrol(store, issue(store), encode(SigningKey.generate().public))
    assert store.post("/push", b"{}").json()["type"] == "bad-proof"


def test_a_code_is_good_once(store: StoreCaller) -> None:
    code = issue(store)
    assert enrol(store, code, encode(SigningKey.generate().public)).status_code == 200
    second = enrol(store, code, encode(SigningKey.generate().public))
    assert (second.status_code, second.json()["type"]) == (403, "bad-code")


def test_a_code_for_a_device_is_none_for_a_store(store: StoreCaller) -> None:
    code = issue(store, pos=store.shop.pos)
    assert enrol(store, code, encode(SigningKey.generate().public)).json()["type"] == "bad-code"


@pytest.mark.parametrize("key", ["", "AAAA", "!", encode(b"x" * 31)])
def test_a_code_survives_a_key_that_is_none(store: StoreCaller, key: str) -> None:
    code = issue(store)
    response = enrol(store, code, key)
    assert (response.status_code, response.json()["type"]) == (422, "bad-request")
    assert enrol(store, code, encode(SigningKey.generate().public)).status_code == 200


def test_it_renews_the_certificate_of_a_store_that_has_proven_its_key(store: StoreCaller) -> None:
    told = store.get("/certificate").json()
    said = read_certificate(told["certificate"], bytes(store.shop.chain.root_key or b""), now())
    assert said.key_bytes == store.key.public
    store.key = SigningKey.generate()
    assert store.get("/certificate").status_code == 401


def test_who_guesses_is_slowed_and_takes_no_lock(store: StoreCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong code never gets as far as the enrolment's transaction; another caller's right one is taken."""
    key = encode(SigningKey.generate().public)
    monkeypatch.setattr("butik.sync.api.enrol_store", lambda **_: pytest.fail("a guess has got this far"))
    for _ in range(10):
        assert enrol(store, "AAAA-AAAA", key).json()["type"] == "bad-code"
    assert enrol(store, "AAAA-AAAA", key).json()["type"] == "too-many"
    monkeypatch.undo()
    store.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert enrol(store, issue(store), key).status_code == 200
