"""One store says something of another store's rows: at the chain, and the chain itself at a store.

The kinds are read from the tables in `sync/kinds.py`, so a new kind is attacked by being there: it fails here until
somebody has said what a foreign body of it looks like.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import pytest
from django.test import Client

from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, decode, encode
from butik.organisation.installation import forget_installation, install_store
from butik.organisation.models import Device, Installation, Store
from butik.organisation.pairing import Pairing
from butik.organisation.tenancy import tenant_scope
from butik.readiness.actions import take_backup
from butik.sales.assignments import ASSIGNMENT
from butik.sales.models import Sale
from butik.staff.actions import add_assistant, assistant_body
from butik.staff.models import ShopAssistant
from butik.staff.pins import PinVerifier
from butik.sync import kinds
from butik.sync.kinds import FEED_KINDS, OUTBOX_KINDS, RECORD, SKIPPED
from butik.sync.models import TakenItem
from butik.sync.tests.conftest import StoreCaller, become_chain
from butik.sync.wire import FeedItem
from tests.support.fingerprint import changed, fingerprint
from tests.support.till import BREAD, MILK, Shop, Till, enrol, open_shop

PIN: PinVerifier = {"alg": "PBKDF2-SHA256", "iterations": 1000, "salt": "AAAA", "hash": "AAAA"}
EMERGENCY_ROOT = SigningKey.generate()


@dataclass
class Street:
    """Store 12, whose service is in the enemy's hands, and store 27 of the same chain."""

    thief: Shop
    key: SigningKey
    tablet: Till  # of the thief's store
    victim: Shop
    till: Till
    maja: ShopAssistant
    records: list[str]
    errors: str  # the fingerprint of an entry of the victim's error log
    backup: Any

    @property
    def device(self) -> Device:
        return Device.objects.get(pk=self.till.device)

    def enrolment(self, **changes: Any) -> str:
        """Store 12 signs that the victim's device is its own."""
        said = msgspec.json.decode(_payload(self.device.enrolment))
        said |= {"version": 2, "store": said["store"] | {"id": str(self.thief.store.pk)}} | changes
        return self.key.sign("butik-enrolment", msgspec.json.encode(said))


def _payload(document: str) -> bytes:
    return decode(document.split(".")[1])


@pytest.fixture
def street(db: None) -> Iterator[Street]:
    forget_installation()
    moment = now()
    thief = open_shop(now=moment, number=12)
    tablet = enrol(thief, _call, now=moment)
    victim = open_shop(now=moment, number=27, chain=thief.chain)
    till = enrol(victim, _call, now=moment)
    become_chain(thief)
    honest = StoreCaller(victim)
    records = [till.opening(), till.sale(MILK), till.event("PRICES_REFUSED")]
    for record in records:
        honest.put_record(record)
    honest.push()
    key = SigningKey.generate()
    store = victim.store
    with tenant_scope([store.organisation_id]):
        thief.store.key = key.public
        thief.store.save()
        maja = hire(store, "Maja")
        place = Place(store.organisation_id, store.chain_id, store.pk)
        log_problem(level="ERROR", source="x", message="It is warm", now=moment, place=place)
        backup = new_id()
        body = {"id": str(backup), "state": "MADE", "made_at": to_wire(moment), "size": 1}
        take_backup(store=store, body=msgspec.json.encode(body), now=moment)
        errors = _error_of(store)
    yield Street(thief, key, tablet, victim, till, maja, records, errors, backup)
    Installation.objects.all().delete()
    forget_installation()


def hire(store: Store, name: str) -> ShopAssistant:
    return add_assistant(store=store, number="101", name=name, role="OPERATOR", pin=PIN, actor="system", now=now())


def _error_of(store: Store) -> str:
    from butik.error_log.models import ErrorEntry

    return str(ErrorEntry.objects.get(store_id=store.pk).fingerprint)


def _call(path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = Client().post(path, msgspec.json.encode(body), content_type="application/json").json()
    return answer


# --- up ---


def assistants(street: Street) -> Iterator[Any]:
    said = msgspec.json.decode(assistant_body(street.maja)) | {
        "name": "Mallory",
        "pin": {"alg": "x", "iterations": 1, "salt": "", "hash": "mine"},
    }
    for store in (street.thief.store.pk, street.victim.store.pk, new_id()):
        for ahead in (1, 100, 9_999, 2**31 - 1, 2**62, 10**400):
            yield said | {"store": str(store), "revision": ahead, "pin_version": ahead}


def devices(street: Street) -> Iterator[Any]:
    device, mine = street.device, SigningKey.generate()
    for version in (1, 2, 999, 2**31 - 1, 2**62, 10**400):
        for state in ("REVOKED", "UNPAIRED", "ACTIVE", "BROKEN"):
            yield {"enrolment": street.enrolment(version=version), "key": encode(bytes(device.key)), "state": state}
    own = {"id": str(device.pk), "kid": mine.kid, "name": "Mine"}
    yield {"enrolment": street.enrolment(device=own), "key": encode(mine.public), "state": "REVOKED"}
    other = {"id": str(new_id()), "kid": device.kid, "name": "Mine"}
    yield {"enrolment": street.enrolment(device=other), "key": encode(bytes(device.key)), "state": "REVOKED"}
    pos = {"id": str(street.victim.pos.pk), "number": 44, "name": "Mine"}
    new = {"id": str(new_id()), "kid": mine.kid, "name": "Mine"}
    yield {"enrolment": street.enrolment(device=new, pos=pos), "key": encode(mine.public), "state": "ACTIVE"}
    yield {"enrolment": device.enrolment, "key": encode(bytes(device.key)), "state": "REVOKED"}  # as the victim tells
    for said in (
        {"device": str(device.pk)},
        {"key": encode(bytes(device.key))},
        {"store": str(street.victim.store.pk)},
    ):
        yield {"assignment": _assign(street, **said)}


def _assign(street: Street, **changes: str) -> str:
    """What the emergency cloud's root would say, were it deceived: of a device of store 12, with the victim's id."""
    store = street.thief.store
    said = {
        "v": 1,
        "org": str(store.organisation_id),
        "chain": str(store.chain_id),
        "store": str(store.pk),
        "pos": 45,
        "device": str(new_id()),
        "key": encode(SigningKey.generate().public),
        "emergency": {"id": str(new_id()), "number": 1},
        "series": {"id": str(new_id()), "label": "E1"},
        "choice": "NONE",
        "backup": None,
        "issued_at": to_wire(now()),
    }
    return EMERGENCY_ROOT.sign(ASSIGNMENT, msgspec.json.encode(said | changes))


def poss(street: Street) -> Iterator[Any]:
    for number in (street.victim.pos.number, 46, 0, 2**62):
        for series in (0, 999_999, 2**31 - 1, 2**62):
            yield {"id": str(street.victim.pos.pk), "number": number, "name": "Mine", "series": series}


def errors(street: Street) -> Iterator[Any]:
    for at in (now(), datetime.fromisoformat("9999-01-01T00:00:00+00:00")):
        for count in (1, 2**31 - 1):
            said = {"level": "ERROR", "source": "x", "message": "Mine", "detail": "", "count": count}
            yield said | {"fingerprint": street.errors, "first_at": to_wire(at), "latest_at": to_wire(at)}


def backups(street: Street) -> Iterator[Any]:
    for state in ("MADE", "UPLOADED", "PROVEN", "FAILED"):
        yield {"id": str(street.backup), "state": state, "made_at": "9999-01-01T00:00:00Z", "size": 7, "proof": "a.b.c"}


def records(street: Street) -> Iterator[Any]:
    """Another's as they are, and own ones that bear another's ids."""
    tablet, till = street.tablet, street.till
    sale = Sale.objects.get(store_id=street.victim.store.pk)
    documents = [
        *street.records,
        tablet.opening(series=str(till.series)),
        tablet.sale(BREAD, series=str(till.series), counter=1),
        tablet.sale(BREAD, id=str(sale.pk)),
        tablet.sale(BREAD, store=str(till.store), pos=till.pos, device=str(till.device), series=str(till.series)),
        tablet.closing(series=str(till.series), device=str(till.device)),
        tablet.event("PIN_BLOCKED", staff=str(street.maja.pk), pin_version=1),
    ]
    for document in documents:
        yield {"received_at": to_wire(now()), "document": document}
        accepted = {"by": "person:x", "reason": "mine"}
        yield {"received_at": to_wire(now()), "document": document, "accepted": accepted}


def skipped(street: Street) -> Iterator[Any]:
    """Items that it says it cannot read: the victim's rows, and none."""
    refs = (street.device.pk, street.maja.pk, street.victim.pos.pk, street.backup, new_id(), None)
    for kind in (*OUTBOX_KINDS, RECORD, "x" * 20, ""):
        for ref in refs:
            yield {"kind": kind, "ref": ref and str(ref), "reason": "mine"}


FOREIGN: dict[str, Callable[[Street], Iterator[Any]]] = {
    "assistant": assistants,
    "backup": backups,
    "device": devices,
    "error": errors,
    "pos": poss,
    RECORD: records,
    SKIPPED: skipped,
}
# Kinds that name a row by an id of its own: what is another's is put aside, and the owners hear of it.
NAME_ROWS = ("assistant", "device", "pos")


def test_every_kind_of_item_is_attacked() -> None:
    assert set(FOREIGN) == {*OUTBOX_KINDS, RECORD}


@pytest.mark.parametrize("kind", sorted({*OUTBOX_KINDS, RECORD}))
def test_nothing_that_one_store_says_changes_anothers_rows(
    kind: str, street: Street, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, store = street.victim.chain, street.victim.store
    pairing = Pairing(chain.pk, "https://x", encode(EMERGENCY_ROOT.public), "age1" + "q" * 58, 1, chain.pk, 1, now())
    monkeypatch.setattr(kinds, "pairing_of", lambda _: pairing)
    thief = StoreCaller(street.thief, key=street.key)
    with tenant_scope([store.organisation_id]):
        bodies = list(FOREIGN[kind](street))
    before = fingerprint(store.organisation_id, store=store.pk)
    for body in bodies:
        thief.put(kind, body)
    assert thief.push()["acked"] == len(bodies)
    assert changed(before, fingerprint(store.organisation_id, store=store.pk)) == []
    with tenant_scope([store.organisation_id]):
        asides = list(TakenItem.objects.exclude(trouble="").values_list("trouble", flat=True))
    said = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert any("AnothersRow" in each for each in asides) == (kind in NAME_ROWS)
    assert bool(said) == (kind in (*NAME_ROWS, SKIPPED))


def test_a_version_that_leaps_pins_no_row(street: Street) -> None:
    """Of its own row a store may say much; nothing of it may keep later words out for ever."""
    thief = StoreCaller(street.thief, key=street.key)
    own = str(new_id())
    said = msgspec.json.decode(assistant_body(street.maja)) | {"id": own, "store": str(street.thief.store.pk)}
    for revision in (1, 999, 2**31 - 1, 2**62, 1000):
        thief.put("assistant", said | {"revision": revision, "name": f"Ida {revision}"})
    thief.push()
    with tenant_scope([street.thief.store.organisation_id]):
        assert ShopAssistant.objects.get(pk=own).name == "Ida 1000"


def test_what_an_earlier_key_of_a_store_signed_does_not_outlive_it(street: Street) -> None:
    """A thief's version 999 of an enrolment is replaced by the first that the rebuilt store signs."""
    old, new = SigningKey.generate(), SigningKey.generate()
    device = {"id": str(new_id()), "kid": (mine := SigningKey.generate()).kid, "name": "Tablet"}
    caller = StoreCaller(street.thief)
    for key, version in ((old, 999), (new, 2)):
        with tenant_scope([street.thief.store.organisation_id]):
            Store.objects.filter(pk=street.thief.store.pk).update(key=key.public)
            street.key = caller.key = key
            document = street.enrolment(device=device, version=version)
        caller.put("device", {"enrolment": document, "key": encode(mine.public), "state": "ACTIVE"})
        caller.push(caller.items[-1:]) if version == 2 else caller.push()
    with tenant_scope([street.thief.store.organisation_id]):
        assert Device.objects.get(pk=device["id"]).enrolment_version == 2


# --- down ---


@pytest.mark.parametrize("kind", sorted(FEED_KINDS))
def test_nothing_that_comes_down_changes_anothers_rows(kind: str, street: Street) -> None:
    """A chain's feed with the bodies of another store, and of another organisation, under their own keys."""
    stranger = open_shop(now=now(), number=77, install=False)
    hire(stranger.store, "Eve")
    here, feed = street.thief.store, FEED_KINDS[kind]
    Installation.objects.all().delete()
    install_store(store=here, root_key=bytes(street.thief.chain.root_key or b""), certificate="")
    for other, only in ((street.victim.store, street.victim.store.pk), (stranger.store, None)):
        everybody = {here.organisation_id, other.organisation_id}
        with tenant_scope(everybody):
            keys = [*feed.keys(other), str(other.pk)]
            bodies = {key: msgspec.Raw(msgspec.json.encode(each)) for key, each in feed.load(other, keys).items()}
        assert bodies
        before = fingerprint(other.organisation_id, store=only)
        with tenant_scope([here.organisation_id]):
            feed.apply([FeedItem(1, kind, key, body) for key, body in bodies.items()], here, now())
            feed.drop(here, list(bodies), now())
        assert changed(before, fingerprint(other.organisation_id, store=only)) == []
