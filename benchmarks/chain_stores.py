"""A chain service with a hundred simulated stores, and the pushes that they would send."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec
import zstandard
from tests.support.ports import free_port

from benchmarks.client import request
from benchmarks.services import chain_environment, run_child
from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.organisation.proofs import make_proof
from butik.pricing.price_list import PricedArticle
from butik.simulator.catalogue import generate_catalogue, write_csv
from butik.simulator.demo.processes import Processes, wait_until_ready
from butik.simulator.device import Device, Memory
from butik.simulator.documents import Root, Sale, StaffMember
from butik.simulator.sale_documents import BasketItem, pay_card
from butik.sync.line import enrol
from butik.sync.wire import Enrol, Enrolled

PUSH = "/api/sync/v1/push"
LINES = 10
MAJA = msgspec.convert(
    {
        "id": str(new_id()),
        "number": "101",
        "name": "Maja",
        "role": "OPERATOR",
        "pin": {"alg": "", "iterations": 1, "salt": "", "hash": ""},
        "pin_version": 1,
    },
    StaffMember,
)


@dataclass(slots=True)
class PushedSales:
    """A push as bytes on the wire, and the records in it as the floor gets them."""

    request: bytes
    documents: list[str]


class SimulatedStore:
    """A store's key, its one device, and its outbox."""

    def __init__(self, folder: Path, url: str, code: str, articles: list[PricedArticle], seed: int) -> None:
        self._key = SigningKey.generate()
        self._told = enrol(chain_url=url, wish=Enrol(code, encode(self._key.public), "0.1.0"))
        self._articles, self._random = articles, Random(seed)
        self._outbox, self._seq = new_id(), 0
        self._last: UUID | None = None
        seed_bytes = SigningKey.generate()
        enrolment = self._key.sign("butik-enrolment", msgspec.json.encode(_enrolment(self._told, seed_bytes.kid)))
        secret = encode(seed_bytes.private.private_bytes_raw())
        root = Root(**self._told.root)
        folder.mkdir(parents=True)
        self.device = Device(folder, Memory(secret, root, self._told.certificate, enrolment, -1, ""))
        self._enrolment = enrolment

    def introduction(self) -> bytes:
        """The push that makes the chain know the device and its series."""
        body = {"enrolment": self._enrolment, "key": encode(self.device.key.public), "state": "ACTIVE"}
        return self._push([("device", body), ("record", _record(self.device.open_series("ENROLMENT")))])

    def sales(self, count: int) -> PushedSales:
        documents = [self.device.sign_sale(self._sale()) for _ in range(count)]
        return PushedSales(self._push([("record", _record(each)) for each in documents]), documents)

    def _sale(self) -> Sale:
        chosen = self._random.sample(self._articles, LINES)
        basket = [BasketItem(article, self._random.choice((1000, 1000, 2000))) for article in chosen]
        return self.device.draft_sale(basket, MAJA, lambda total: pay_card(new_id(), total, "000000000001"), now())

    def _push(self, things: list[tuple[str, object]]) -> bytes:
        follows, items = self._last, []
        for kind, body in things:
            self._seq, self._last = self._seq + 1, new_id()
            items.append({"seq": self._seq, "uid": self._last, "kind": kind, "body": body})
        plain = msgspec.json.encode({"outbox": self._outbox, "items": items, "follows": follows})
        body = zstandard.ZstdCompressor(level=1).compress(plain)
        proof = make_proof(
            self._key,
            org=UUID(self._told.tree.organisation["id"]),
            sub=UUID(self._told.tree.store["id"]),
            aud=f"chain/{self._told.tree.chain['id']}",
            method="POST",
            target=PUSH,
            body=body,
            at=time.time(),
        )
        headers = {"Authorization": proof, "Content-Type": "application/json", "Content-Encoding": "zstd"}
        return request("POST", PUSH, body, headers)


@dataclass(slots=True)
class ChainService:
    port: int
    environment: dict[str, str]
    stores: list[SimulatedStore]


@contextmanager
def chain_service(
    data: Path, *, articles: int, stores: int, database_url: str, owner_url: str
) -> Iterator[ChainService]:
    """A chain that serves, with stores that it knows."""
    port = free_port()
    environment = chain_environment(data, port) | {
        "BUTIK_DATABASE_URL": database_url,
        "BUTIK_OWNER_DATABASE_URL": owner_url,
    }
    data.mkdir(parents=True)
    write_csv(generate_catalogue(articles), data / "articles.csv")
    told = json.loads(run_child("benchmarks.setup_chain", data / "articles.csv", str(stores), environment=environment))
    processes = Processes()
    try:
        process = processes.start("chain", ["-m", "butik", "serve"], environment, data)
        wait_until_ready(process, environment["BUTIK_URL"])
        goods = [_article(*row) for row in told["articles"]]
        url = environment["BUTIK_URL"]
        known = [
            SimulatedStore(data / f"store-{seed}", url, code, goods, seed) for seed, code in enumerate(told["codes"])
        ]
        yield ChainService(port, environment, known)
    finally:
        processes.stop()


def _article(number: str, text: str, price: int, version: int, vat_rate: int) -> PricedArticle:
    return PricedArticle(
        number=number,
        text=text,
        price=price,
        version=version,
        vat_rate=vat_rate,
        unit="PCS",
        group="",
        barcode="",
        linked=None,
        age_limit=None,
        is_blocked=False,
    )


def _enrolment(told: Enrolled, kid: str) -> dict[str, object]:
    """What a store signs for a device of its first POS."""
    store, chain, pos = told.tree.store, told.tree.chain, told.tree.poss[0]
    return {
        "v": 1,
        "version": 1,
        "org": told.tree.organisation["id"],
        "organisation_name": told.tree.organisation["name"],
        "company": {"name": told.tree.company["name"], "vat_number": told.tree.company["vat_number"]},
        "chain": {"id": chain["id"], "name": chain["name"]},
        "store": {name: store[name] for name in ("id", "number", "name", "address", "timezone")},
        "pos": {"id": str(pos.id), "number": pos.number, "name": pos.name},
        "device": {"id": str(new_id()), "kid": kid},
        "series": {"id": str(new_id()), "label": "N1"},
        "currency": chain["currency"],
        "cash_rounding": chain["cash_rounding"],
        "language": store["language"],
        "service": {"audience": f"store/{store['id']}", "url": "http://localhost:1"},
        "emergency": None,
        "terminal": None,
        "issued_at": to_wire(now()),
    }


def _record(document: str) -> dict[str, object]:
    return {"received_at": to_wire(now()), "document": document, "revoked": False}
