"""The rows of one sale, straight from the document's payload: no signature is checked, nothing is compared."""

import base64
import hashlib
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from butik.lib.ids import new_id

ZONE = ZoneInfo("Europe/Copenhagen")


class Line(msgspec.Struct):
    n: int
    number: str
    text: str
    barcode: str
    quantity: int
    unit: str
    unit_price: int
    amount: int
    vat_rate: int
    vat: int
    version: int
    linked_to: int | None


class Vat(msgspec.Struct):
    rate: int
    gross: int
    vat: int


class Payment(msgspec.Struct):
    id: UUID
    tender: str
    amount: int
    tendered: int
    change: int
    reference: str


class Sale(msgspec.Struct):
    id: UUID
    org: UUID
    store: UUID
    pos: int
    device: UUID
    series: UUID
    label: str
    counter: int
    session: int
    business_date: date
    staff: UUID
    staff_number: str
    completed_at: datetime
    offset_ms: int | None
    currency: str
    lines: list[Line]
    vat: list[Vat]
    total: int
    rounding: int
    payments: list[Payment]


class Body(msgspec.Struct):
    records: list[str]


decode_body = msgspec.json.Decoder(Body).decode
_decode_sale = msgspec.json.Decoder(Sale).decode


def read_sale(document: str) -> tuple[Sale, str]:
    """The payload and the document's hash."""
    payload = document.split(".")[1]
    sale = _decode_sale(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return sale, hashlib.sha256(document.encode()).hexdigest()


def answer(hashes: list[str]) -> bytes:
    results = [{"hash": each, "outcome": "BOOKED", "number": "", "reason": ""} for each in hashes]
    return msgspec.json.encode({"results": results, "server_time": time.time()})


def corrected_at(sale: Sale) -> datetime:
    return sale.completed_at + timedelta(milliseconds=sale.offset_ms or 0)


def received_now() -> datetime:
    return datetime.now(UTC)


def fresh() -> UUID:
    return new_id()


Row = tuple[Any, ...]
