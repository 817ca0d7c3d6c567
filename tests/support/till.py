"""A till for tests: a key, a series, and records signed as a device signs them; and a shop that it stands in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from butik.articles.models import Article, ArticleVersion
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.money import line_amount
from butik.lib.signing import SigningKey, decode, document_hash, encode
from butik.organisation.actions import add_pos, found_chain, found_organisation, issue_code, open_store
from butik.organisation.installation import install_store
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Chain, Pos, Store
from butik.organisation.proofs import make_proof
from butik.organisation.tenancy import tenant_scope
from butik.pricing.engine import price_amounts

API = "/api/pos/v1"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VERSION = 412
MILK = ("1001", "MINIMÆLK 1L", 1295)
BREAD = ("1002", "RUGBRØD", 2495)


@dataclass(frozen=True, slots=True)
class Shop:
    chain: Chain
    store: Store
    pos: Pos


def open_shop(*, now: datetime = NOW, number: int = 12, install: bool = True, chain: Chain | None = None) -> Shop:
    """A store with one POS and two articles; with `install` this service is that store's."""
    if chain is None:
        company = found_organisation(
            name="Nordly", company="Nordly ApS", vat_number="DK12345678", actor="system", now=now
        )
        chain = found_chain(company=company, number=1, name="Nordly", actor="system", now=now)
        add_articles(chain, [MILK, BREAD])
    store = open_store(chain=chain, number=number, name=f"Nordly {number}", actor="system", now=now)
    with tenant_scope([store.organisation_id]):
        store.key, store.key_version = service_key().public, 1
        store.save()
    pos = add_pos(store=store, number=3, name="Till 3", actor="system", now=now)
    if install:
        certificate = issue_certificate(store=store, key=service_key().public, now=now)
        install_store(store=store, root_key=bytes(chain.root_key or b""), certificate=certificate)
    return Shop(chain, store, pos)


def add_articles(chain: Chain, articles: Iterable[tuple[str, str, int]]) -> None:
    common = {"organisation_id": chain.organisation_id, "chain_id": chain.id, "unit": "PCS", "vat_rate": 2500}
    with tenant_scope([chain.organisation_id]):
        for number, text, price in articles:
            same = {"number": number, "receipt_text": text, "price": price, "version": VERSION, **common}
            Article.objects.create(search_text=text.lower(), **same)
            ArticleVersion.objects.create(**same)


def enrol(shop: Shop, call: Callable[[str, dict[str, Any]], dict[str, Any]], *, now: datetime = NOW) -> "Till":
    """Enrol a new device with a fresh code; `call` posts a body to an address of the device API."""
    code = issue_code(store=shop.store, pos=shop.pos, actor="system", now=now)
    key = SigningKey.generate()
    given = call(f"{API}/enrol", {"code": code, "key": encode(key.public), "name": "Tablet", "app": "0.1.0"})
    return Till.from_enrolment(key, given["enrolment"], now=now)


@dataclass(slots=True)
class Till:
    """A device's side of one series. `now` is its clock, and moves a second with each record."""

    key: SigningKey
    org: UUID
    store: UUID
    pos: int
    device: UUID
    series: UUID
    label: str
    now: datetime = NOW
    counter: int = 0
    prev: str = ""
    total: int = 0
    staff: UUID = field(default_factory=new_id)

    @classmethod
    def from_enrolment(cls, key: SigningKey, document: str, *, now: datetime = NOW) -> "Till":
        given = msgspec.json.decode(decode(document.split(".")[1]))
        return cls(
            key=key,
            org=UUID(given["org"]),
            store=UUID(given["store"]["id"]),
            pos=given["pos"]["number"],
            device=UUID(given["device"]["id"]),
            series=UUID(given["series"]["id"]),
            label=given["series"]["label"],
            now=now,
        )

    def opening(self, **changes: Any) -> str:
        """The record that opens the series; the next sale follows it."""
        document = self.sign("butik-series", self._series_record("OPEN", "ENROLMENT") | changes)
        self.prev = document_hash(document)
        return document

    def sale(self, *articles: tuple[str, str, int], quantity: int = 1000, **changes: Any) -> str:
        """The next sale of the series, paid by card; `changes` replace members after everything was computed."""
        self.counter += 1
        document = self.sign("butik-sale", self.sale_payload(articles or (MILK,), quantity) | changes)
        self.prev = document_hash(document)
        return document

    def closing(self, **changes: Any) -> str:
        gross, vat = self.total, price_amounts([(self.total, 2500)]).vat[0].vat
        payload = self._series_record("CLOSE", "UNPAIRED") | {
            "prev": self.prev,
            "last_counter": self.counter,
            "sales": self.counter,
            "total": self.total,
            "by_vat": [{"rate": 2500, "gross": gross, "vat": vat}],
            "by_tender": [{"tender": "CARD", "amount": gross}],
        }
        return self.sign("butik-series", payload | changes)

    def event(self, kind: str, **data: Any) -> str:
        payload = self._origin() | {"kind": kind, "at": to_wire(self._tick()), "data": data}
        return self.sign("butik-event", payload)

    def sign(self, typ: str, payload: dict[str, Any]) -> str:
        return self.key.sign(typ, msgspec.json.encode(payload))

    def proof(self, method: str, target: str, body: bytes = b"", **changes: Any) -> str:
        named: dict[str, Any] = {
            "org": self.org,
            "sub": self.device,
            "aud": f"store/{self.store}",
            "method": method,
            "target": target,
            "body": body,
            "at": self.now.timestamp(),
        }
        return make_proof(self.key, **(named | changes))

    def sale_payload(self, articles: Iterable[tuple[str, str, int]], quantity: int = 1000) -> dict[str, Any]:
        priced = [(number, text, price, line_amount(price, quantity)) for number, text, price in articles]
        sums = price_amounts([(amount, 2500) for *_, amount in priced])
        self.total += sums.total
        at = self._tick()
        return self._origin() | {
            "series": str(self.series),
            "label": self.label,
            "counter": self.counter,
            "prev": self.prev or "0" * 64,
            "session": 1,
            "business_date": at.date().isoformat(),
            "staff": str(self.staff),
            "staff_number": "101",
            "started_at": to_wire(at - timedelta(seconds=20)),
            "completed_at": to_wire(at),
            "currency": "DKK",
            "lines": [
                {
                    "n": n,
                    "number": number,
                    "text": text,
                    "barcode": "",
                    "quantity": quantity,
                    "unit": "PCS",
                    "unit_price": price,
                    "amount": amount,
                    "vat_rate": 2500,
                    "vat": line.vat,
                    "version": VERSION,
                    "linked_to": None,
                }
                for n, ((number, text, price, amount), line) in enumerate(zip(priced, sums.lines, strict=True), 1)
            ],
            "vat": [{"rate": row.rate, "gross": row.gross, "vat": row.vat} for row in sums.vat],
            "total": sums.total,
            "rounding": 0,
            "payments": [
                {
                    "id": str(new_id()),
                    "tender": "CARD",
                    "amount": sums.total,
                    "tendered": sums.total,
                    "change": 0,
                    "reference": "SIM-1",
                }
            ],
        }

    def _origin(self) -> dict[str, Any]:
        return {
            "v": 1,
            "id": str(new_id()),
            "org": str(self.org),
            "store": str(self.store),
            "pos": self.pos,
            "device": str(self.device),
            "offset_ms": 0,
            "app": "0.1.0",
        }

    def _series_record(self, kind: str, reason: str) -> dict[str, Any]:
        return self._origin() | {
            "kind": kind,
            "series": str(self.series),
            "label": self.label,
            "reason": reason,
            "at": to_wire(self._tick()),
        }

    def _tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now
