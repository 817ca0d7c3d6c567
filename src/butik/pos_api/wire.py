"""What devices send and get, as msgspec reads and describes it (docs/formats/pos-api.md)."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from butik.sales.device_wire import Numbered, PricesVersion, SeriesStanding

Version = Annotated[str, Meta(max_length=20)]


class Enrol(Struct, frozen=True):
    code: Annotated[str, Meta(min_length=1, max_length=40)]
    key: Annotated[str, Meta(min_length=43, max_length=43)]
    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
    app: Version = ""


class RootKey(Struct, frozen=True):
    kid: str
    key: str


class Enrolled(Struct, frozen=True):
    enrolment: str
    certificate: str
    root: RootKey
    server_time: float


class State(Struct, frozen=True):
    server_time: float
    prices: PricesVersion | None
    staff: Numbered
    enrolment: Numbered
    minimum_app: str
    series: SeriesStanding | None = None  # of the series that was asked about


class Enrolment(Struct, frozen=True):
    enrolment: str
    certificate: str


class Unpair(Struct, frozen=True):
    closing: Annotated[str, Meta(max_length=16_000)]


class Unpaired(Struct, frozen=True):
    unpaired: bool


class ReceiptRow(Struct, frozen=True):
    id: UUID
    number: str
    completed_at: str
    total: int
    currency: str
    pos: int
    staff_number: str


class Receipts(Struct, frozen=True):
    receipts: list[ReceiptRow]
    more: bool


class Receipt(Struct, frozen=True):
    document: str
    number: str
    copies: int
