"""T13: a till that its store has revoked is closed here at once; during an emergency a person must say so."""

from typing import Any

import msgspec
import pytest
from django.test import Client

from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.live.models import LiveEvent
from butik.organisation.models import Device, Pos
from butik.organisation.revocations import Revoked, sign_revocation
from butik.organisation.tenancy import tenant_scope
from butik.vault import revoking
from butik.vault.actions import freeze
from butik.vault.models import Revocation
from butik.vault.revoking import decide_revocation, is_revoked
from butik.vault.tests.depot import Depot, problem
from butik.vault.work import prove_backups

ADDRESS = "/api/vault/v1/revocations"


@pytest.fixture
def known(depot: Depot) -> Depot:
    """Its tablet is known here, by a backup."""
    depot.upload(depot.backup())
    prove_backups([depot.org])
    return depot


def word(depot: Depot, key: SigningKey | None = None, **changes: Any) -> str:
    said: dict[str, Any] = {
        "org": depot.org,
        "chain": depot.chain,
        "store": depot.store_id,
        "device": depot.tablet_id,
        "kid": depot.tablet.kid,
        "revoked_at": now(),
    }
    return sign_revocation(msgspec.convert(said | changes, Revoked), key or depot.key)


def tell(depot: Depot, document: str | None = None) -> Any:
    body = msgspec.json.encode({"revocation": document or word(depot)})
    headers = {"Authorization": depot.proof("POST", ADDRESS, body), "Butik-Certificate": depot.certificate()}
    return Client().post(ADDRESS, body, content_type="application/json", headers=headers)


def tablet(depot: Depot) -> Device:
    with tenant_scope([depot.org]):
        found: Device = Device.objects.get(kid=depot.tablet.kid)
    return found


def test_it_closes_the_device_at_once_and_its_streams_hear_it(known: Depot) -> None:
    for _ in range(2):  # the answer may be lost
        answer = tell(known)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "TAKEN")
    assert tablet(known).state == "REVOKED"
    with tenant_scope([known.org]):
        assert LiveEvent.objects.filter(topic="revoked", ref=known.tablet_id).count() == 1
        assert Revocation.objects.count() == 1


def test_a_device_that_never_showed_itself_is_revoked_all_the_same(depot: Depot) -> None:
    depot.make_known()
    tell(depot)
    with tenant_scope([depot.org]):
        assert not Device.objects.exists()
        assert is_revoked(organisation_id=depot.org, store_id=depot.store_id, kid=depot.tablet.kid)


@pytest.mark.parametrize(
    "wrong", ["another store's key", "another store", "another chain", "another document", "rubbish", "no kid"]
)
def test_it_is_the_store_s_own_word_or_none(known: Depot, wrong: str) -> None:
    sister = known.sister(13)
    documents = {
        "another store's key": word(known, sister.key),
        "another store": word(known, store=sister.store_id),
        "another chain": word(known, chain=new_id()),
        "another document": known.key.sign("butik-backup", b"{}"),
        "rubbish": "a.b.c",
        "no kid": known.key.sign("butik-revocation", b'{"v":1}'),
    }
    assert problem(tell(known, documents[wrong])) == (422, "bad-request")
    assert tablet(known).state == "ACTIVE"


def test_a_store_closes_no_device_of_another(known: Depot) -> None:
    sister = known.sister(13)
    sister.make_known()
    mine = word(sister, device=known.tablet_id, kid=known.tablet.kid)
    assert tell(sister, mine).status_code == 200
    assert tablet(known).state == "ACTIVE"
    with tenant_scope([known.org]):
        assert not is_revoked(organisation_id=known.org, store_id=known.store_id, kid=known.tablet.kid)


def test_during_an_emergency_it_waits_for_a_person_who_may_say_no(known: Depot) -> None:
    """A stolen key would close every till in the hour in which they must sell."""
    freeze(chain=known.store.chain, actor="person:alice", now=now())
    answer = tell(known)
    assert answer.json()["outcome"] == "TAKEN"  # the caller is not told the difference
    assert tablet(known).state == "ACTIVE"
    with tenant_scope([known.org]):
        waiting = Revocation.objects.get(state="WAITING")
        assert ErrorEntry.objects.filter(source="butik.vault.revoking").count() == 1
    assert decide_revocation(revocation=waiting, is_right=False, actor="person:alice", now=now())
    assert not decide_revocation(revocation=waiting, is_right=True, actor="person:bob", now=now())
    tell(known)
    assert tablet(known).state == "ACTIVE"


def test_a_person_may_say_yes(known: Depot) -> None:
    freeze(chain=known.store.chain, actor="person:alice", now=now())
    tell(known)
    with tenant_scope([known.org]):
        waiting = Revocation.objects.get()
    assert decide_revocation(revocation=waiting, is_right=True, actor="person:alice", now=now())
    assert tablet(known).state == "REVOKED"


def test_what_was_revoked_before_stays_so_when_the_emergency_begins(known: Depot) -> None:
    tell(known)
    freeze(chain=known.store.chain, actor="person:alice", now=now())
    assert tablet(known).state == "REVOKED"


def test_there_is_an_end_to_it(known: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revoking, "MOST", 3)
    keys = [SigningKey.generate() for _ in range(5)]
    answers = [tell(known, word(known, device=new_id(), kid=each.kid)).status_code for each in keys]
    assert answers == [200, 200, 200, 429, 429]
    with tenant_scope([known.org]):
        assert Revocation.objects.count() == 3
        assert Pos.objects.count() == 2
    assert encode(keys[0].public)


def test_a_key_that_is_new_since_the_emergency_began_adds_nothing(known: Depot) -> None:
    """Who stole the chain's root makes himself certificates; what he says waits for the recovery key."""
    freeze(chain=known.store.chain, actor="person:alice", now=now())
    thief, stranger = known.rebuilt(), known.sister(99)
    for each in (thief, stranger):
        assert problem(each.post(each.backup())) == (403, "not-approved")
    assert tell(stranger).status_code == 401
    store = known.store
    assert (store.key_version, bytes(store.key or b"")) == (1, known.key.public)
    with tenant_scope([known.org]):
        assert store.chain.stores.count() == 1
    assert known.post(known.backup()).status_code == 200  # the old one may still add; it waits
