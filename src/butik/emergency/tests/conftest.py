"""An emergency cloud that has adopted a chain of two stores, devices that call it, and stores that recover from it."""

import gzip
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pyrage
import pytest
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.template import engines
from django.test import Client
from django.urls import get_resolver
from tests.support.cast import PASSWORD, signed_in
from tests.support.till import NOW, Shop, Till, enrol, open_shop

from butik.emergency import views
from butik.emergency.activating import WINDOW, carry_out_activations
from butik.emergency.models import Emergency
from butik.lib import clock
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, decode, encode, verify_document
from butik.organisation.installation import forget_installation, install_emergency, install_store, this_installation
from butik.organisation.keys import emergency_root, issue_certificate, service_key
from butik.organisation.models import Chain, Device, Store
from butik.organisation.proofs import make_proof
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person
from butik.staff.people import give_access
from butik.vault.keys import recipient_of
from butik.vault.models import StoredBackup, StoredPrices

DEVICES = "/api/emergency/v1"
RECOVERY = "/api/recovery/v1"
STAFF = [{"id": str(new_id()), "number": "101", "name": "Maja", "role": "OPERATOR", "pin": {}, "pin_version": 1}]


@dataclass
class Papers:
    """What a device was given by its store."""

    till: Till
    chain: UUID
    enrolment: str
    certificate: str


@dataclass
class Cloud:
    """The service under test, and the hands of devices and stores that call it."""

    chain: Chain
    shops: list[Shop]
    papers: list[Papers] = field(default_factory=list)
    client: Client = field(default_factory=Client)

    @property
    def organisation_id(self) -> UUID:
        return self.chain.organisation_id

    def ready(self, papers: Papers, **said: Any) -> Any:
        body = {"enrolment": papers.enrolment, "certificate": papers.certificate, "app": "0.1.0"}
        return self.post(papers, "/ready", body | {"key": encode(papers.till.key.public)} | said)

    def post(self, papers: Papers, path: str, body: Any, **claims: Any) -> Any:
        data = msgspec.json.encode(body)
        return self.client.post(
            DEVICES + path,
            data,
            content_type="application/json",
            headers={"Authorization": self.proof(papers, "POST", DEVICES + path, data, **claims)},
        )

    def get(self, papers: Papers, path: str, **claims: Any) -> Any:
        return self.client.get(
            DEVICES + path, headers={"Authorization": self.proof(papers, "GET", DEVICES + path, **claims)}
        )

    def proof(self, papers: Papers, method: str, target: str, body: bytes = b"", **claims: Any) -> str:
        named = {"aud": f"emergency/{papers.chain}", "at": clock.now().timestamp()} | claims
        return papers.till.proof(method, target, body, **named)

    def recovery(
        self, store: Store, method: str, path: str, body: Any = None, *, key: SigningKey | None = None, version: int = 1
    ) -> Any:
        """A call of a store's controller, whose key the chain introduced with this version."""
        key = key or service_key()
        data = b"" if body is None else msgspec.json.encode(body)
        introduced = Store(pk=store.pk, organisation_id=store.organisation_id, chain_id=store.chain_id)
        introduced.key_version = version
        target = RECOVERY + path
        proof = make_proof(
            key,
            org=store.organisation_id,
            sub=store.pk,
            aud=f"emergency/{store.chain_id}",
            method=method,
            target=target,
            body=data,
            at=clock.now().timestamp(),
        )
        certificate = issue_certificate(store=introduced, key=key.public, now=clock.now())
        return self.client.generic(
            method,
            target,
            data,
            content_type="application/json",
            headers={"Authorization": proof, "Butik-Certificate": certificate},
        )

    def enter(self, papers: Papers, order: str) -> Till:
        """Obey an order as a device does; the till that then sells in its E series."""
        said = self.said(self.post(papers, "/enter", {"order": payload(order)["id"]}))
        assignment = payload(said["assignment"])
        till = papers.till
        return Till(
            key=till.key,
            org=till.org,
            store=till.store,
            pos=assignment["pos"],
            device=till.device,
            series=UUID(assignment["series"]["id"]),
            label=assignment["series"]["label"],
            now=clock.now(),
        )

    def report(self, papers: Papers, records: list[str]) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = self.said(self.post(papers, "/journal", {"records": records}))["results"]
        return results

    def order(self, papers: Papers) -> str:
        order: str = self.said(self.get(papers, "/state"))["order"]
        return order

    @staticmethod
    def said(answer: Any) -> Any:
        assert answer.status_code == 200, answer.content
        return msgspec.json.decode(answer.content)

    def signed(self, document: str, typ: str) -> Any:
        """The payload, if the chain's emergency root has signed it."""
        return msgspec.json.decode(verify_document(document, typ, emergency_root(self.chain.pk).public))


def payload(document: str) -> Any:
    return msgspec.json.decode(decode(document.split(".")[1]))


def keep_backup(store: Store, *, days_ago: int = 0, now: datetime = NOW, **changes: Any) -> StoredBackup:
    """A proven backup as the vault keeps it, with a price file of its own and one assistant."""
    received = now - timedelta(days=days_ago)
    content = gzip.compress(f"prices of {store.pk} {days_ago}".encode(), mtime=0)
    sha256 = hashlib.sha256(content).hexdigest()
    recipient = pyrage.x25519.Recipient.from_str(recipient_of(store.chain_id))
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store": store}
    with tenant_scope([store.organisation_id]):
        StoredPrices.objects.get_or_create(**where, sha256=sha256, defaults={"content": content})
        backup: StoredBackup = StoredBackup.objects.create(
            **{
                **where,
                "manifest": "manifest",
                "object": f"{store.pk}/{days_ago}.age",
                "sha256": hashlib.sha256(f"{store.pk}{days_ago}{received}".encode()).hexdigest(),
                "size": 1000,
                "made_at": received,
                "received_at": received,
                "day": received.date(),
                "key_version": 1,
                "state": StoredBackup.State.PROVEN,
                "proven_at": received,
                "articles": 2,
                "price_sha256": sha256,
                "price_version": 1,
                "staff": pyrage.encrypt(msgspec.json.encode(STAFF), [recipient]),
                **changes,
            }
        )
    return backup


@pytest.fixture(autouse=True)
def _service_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The service's clock stands at NOW, and nothing is cached from the test before."""
    assert get_resolver().url_patterns  # what takes its clock by name is imported before, or would keep this one
    assert engines.all()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr("butik.vault.authentication.now", lambda: clock.now())
    forget_installation()
    yield
    forget_installation()


def make_cloud(*, stores: int = 2) -> Cloud:
    """Stores enrol a device each; then this service becomes the emergency cloud that has heard of neither."""
    shops = [open_shop(number=12)]
    shops += [open_shop(number=12 + more, chain=shops[0].chain) for more in range(1, stores)]
    cloud = Cloud(shops[0].chain, shops)
    for shop in shops:
        certificate = issue_certificate(store=shop.store, key=service_key().public, now=NOW)
        install_store(store=shop.store, root_key=bytes(shop.chain.root_key or b""), certificate=certificate)
        till = enrol(shop, _post)
        with tenant_scope([cloud.organisation_id]):
            enrolment = Device.objects.get(pk=till.device).enrolment
        cloud.papers.append(Papers(till, shop.chain.pk, enrolment, this_installation().certificate))
    with tenant_scope([cloud.organisation_id]):
        _forget_journal(cloud)
    install_emergency()
    return cloud


def _forget_journal(cloud: Cloud) -> None:
    from butik.sales.models import Series

    Series.objects.filter(organisation_id=cloud.organisation_id).delete()
    Device.objects.filter(organisation_id=cloud.organisation_id).delete()


def _post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = Client().post(path, msgspec.json.encode(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    given: dict[str, Any] = msgspec.json.decode(answer.content)
    return given


@pytest.fixture
def cloud(db: None) -> Cloud:
    """Two stores, none with a backup, whose devices are not known yet."""
    return make_cloud()


@pytest.fixture
def backed(cloud: Cloud) -> Cloud:
    """Both stores have a proven backup of today, and their devices have checked that they are ready."""
    for shop, papers in zip(cloud.shops, cloud.papers, strict=True):
        keep_backup(shop.store)
        cloud.said(cloud.ready(papers))
    return cloud


@pytest.fixture
def active(backed: Cloud) -> Emergency:
    return activate_chain(backed)


def activate_chain(cloud: Cloud, **said: Any) -> Emergency:
    from butik.emergency.actions import activate

    wanted: dict[str, Any] = {"date": NOW.date(), "accept_newer": False, "actor": "person:alice", "now": NOW} | said
    return activate(chain=cloud.chain, **wanted)


@pytest.fixture(autouse=True)
def _pages_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are asked at the cloud's moment, whichever module shows them."""
    for each in Path(views.__file__).parent.glob("*views.py"):
        monkeypatch.setattr(f"butik.emergency.{each.stem}.now", lambda: clock.now())


@pytest.fixture
def vera(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "vera"))


@pytest.fixture
def nils(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "nils"))


@pytest.fixture
def dorte(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "dorte", "SUPPORTER"))


def admit(cloud: Cloud, name: str, level: str = "CHAIN_ADMINISTRATOR", **said: Any) -> Person:
    """Somebody who may sign in at this cloud."""
    return give_access(
        **{
            "email": f"{name}@example.com",
            "name": name.title(),
            "password": PASSWORD,
            "level": level,
            "organisation_id": cloud.organisation_id,
            "chain": cloud.chain,
            "store": None,
            "actor": "system",
            "now": NOW,
            **said,
        }
    )


def with_factor(person: Person, *, typ: str = Authenticator.Type.TOTP, ago: float = 0, **data: Any) -> Client:
    """Signed in, with a second factor of her own that she has shown so many seconds ago."""
    if typ == Authenticator.Type.TOTP:
        data = {"secret": get_adapter().encrypt(data.get("secret", f"secret of {person.pk}"))}
    factor, _ = Authenticator.objects.get_or_create(user=person, type=typ, defaults={"data": data})
    client = signed_in(Person.objects.get(pk=person.pk))  # a new factor has ended what was begun without it
    shown = {"method": "mfa", "id": factor.pk, "type": typ, "at": time.time() - ago, "reauthenticated": True}
    session = client.session
    session["account_authentication_methods"] = [*session.get("account_authentication_methods", []), shown]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(person)
    session.save()
    return client


def carry_out(cloud: Cloud, *, after: timedelta = WINDOW) -> None:
    """The worker's turn, when the countdown has run out."""
    carry_out_activations(organisation_id=cloud.organisation_id, now=NOW + after)
