"""A chain's service with a store that calls it: every call is signed as a store's service signs it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
import pytest
from django.test import Client
from tests.support.till import Shop, Till, enrol, open_shop

from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.installation import forget_installation, install_chain
from butik.organisation.keys import service_key
from butik.organisation.models import Device, Installation
from butik.organisation.proofs import make_proof
from butik.organisation.tenancy import tenant_scope
from butik.sync.wire import BASE, pack


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class StoreCaller:
    """The store's side of the line, with an outbox in memory."""

    shop: Shop
    key: SigningKey = field(default_factory=service_key)
    outbox: UUID = field(default_factory=new_id)
    items: list[dict[str, Any]] = field(default_factory=list)
    client: Client = field(default_factory=Client)

    def put(self, kind: str, body: Any) -> dict[str, Any]:
        item = {"seq": len(self.items) + 1, "uid": str(new_id()), "kind": kind, "body": body}
        self.items.append(item)
        return item

    def put_record(self, document: str, **changes: Any) -> dict[str, Any]:
        return self.put("record", {"received_at": to_wire(now()), "document": document, "revoked": False} | changes)

    def push(self, items: list[dict[str, Any]] | None = None, **members: Any) -> dict[str, Any]:
        sent = self.items if items is None else items
        before = {each["seq"]: each["uid"] for each in self.items}
        follows = before.get(sent[0]["seq"] - 1) if sent else None
        body = {"outbox": str(self.outbox), "follows": follows, "items": sent} | members
        answer: dict[str, Any] = msgspec.json.decode(self.post("/push", msgspec.json.encode(body)).content)
        return answer

    def post(self, call: str, body: bytes, headers: dict[str, str] | None = None, **claims: Any) -> Any:
        if headers is None:
            body, headers = pack(body)
        signed = {"Authorization": self.proof("POST", call, body, **claims)} | headers
        return self.client.post(BASE + call, body, content_type="application/json", headers=signed)

    def get(self, call: str, **query: Any) -> Any:
        target = f"{call}?{urlencode(query)}" if query else call
        return self.client.get(BASE + target, headers={"Authorization": self.proof("GET", target)})

    def pull(self, **query: Any) -> dict[str, Any]:
        answer: dict[str, Any] = msgspec.json.decode(unpacked(self.get("/feed", **query)))
        return answer

    def pull_on(self, page: dict[str, Any], **query: Any) -> dict[str, Any]:
        """The next page after this one."""
        here = {"epoch": page["epoch"], "after": page["position"], "head": page["head"], "mark": page["mark"] or ""}
        return self.pull(**(here | query))

    def proof(self, method: str, call: str, body: bytes = b"", **changes: Any) -> str:
        named: dict[str, Any] = {
            "org": self.shop.store.organisation_id,
            "sub": self.shop.store.id,
            "aud": f"chain/{self.shop.chain.id}",
            "method": method,
            "target": BASE + call,
            "body": body,
            "at": now().timestamp(),
        }
        return make_proof(self.key, **(named | changes))


def unpacked(response: Any) -> bytes:
    from butik.sync.wire import unpack

    return unpack(response.content, response.headers.get("Content-Encoding", ""))


@pytest.fixture(autouse=True)
def _fresh_installation() -> Iterator[None]:
    forget_installation()
    yield
    forget_installation()


@pytest.fixture
def shop(db: None) -> Shop:
    """This service is first the store's, so that a till can enrol (`till`), and then its chain's."""
    return open_shop(now=now())


@pytest.fixture
def till(shop: Shop) -> Till:
    return enrol_here(shop)


def enrol_here(shop: Shop) -> Till:
    """Enrol a device at this service, which must be the store's just now."""

    def call(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = Client().post(path, msgspec.json.encode(body), content_type="application/json").json()
        return answer

    return enrol(shop, call, now=now())


@pytest.fixture
def store(shop: Shop, till: Till) -> StoreCaller:
    become_chain(shop)
    return StoreCaller(shop)


def become_chain(shop: Shop) -> None:
    """This service was the store's; now it is its chain's."""
    Installation.objects.all().delete()
    install_chain(chain=shop.chain)


def forget_device(shop: Shop, till: Till) -> dict[str, str]:
    """Take the device from the chain's books, and return the body with which a store tells of it."""
    from butik.lib.signing import encode

    with tenant_scope([shop.store.organisation_id]):
        device = Device.objects.get(pk=till.device)
        body = {"enrolment": device.enrolment, "key": encode(bytes(device.key)), "state": device.state}
        device.delete()
    return body
