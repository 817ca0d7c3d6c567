"""What a device's records look like: strict, bounded, and refused when they hold control characters.

Members that are not known are skipped: a device may be one version newer (docs/formats/journal.md).
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from butik.lib.signing import BadDocument

SALE = "butik-sale"
SERIES = "butik-series"
EVENT = "butik-event"

HIGHEST = 2**31 - 1  # what an integer column holds
LARGEST = 10**12  # minor units; the sum of a whole sale still fits a bigint

Counter = Annotated[int, Meta(ge=1, le=HIGHEST - 1)]  # so that there is always a next
Count = Annotated[int, Meta(ge=0, le=HIGHEST)]
Amount = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
Quantity = Annotated[int, Meta(ge=-(10**10), le=10**10)]
Rate = Annotated[int, Meta(ge=0, le=10_000)]
Version = Annotated[int, Meta(ge=0, le=2**62)]
Offset = Annotated[int, Meta(ge=-(10**12), le=10**12)]  # 30 years: no moment leaves the calendar
Moment = Annotated[datetime, Meta(tz=True)]
Label = Annotated[str, Meta(pattern="^[NE][1-9][0-9]{0,5}$")]
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Unit = Literal["PCS", "KG", "G", "L", "ML", "M"]
Tender = Literal["CASH", "CARD"]
Text10 = Annotated[str, Meta(max_length=10)]
Text20 = Annotated[str, Meta(max_length=20)]
Text30 = Annotated[str, Meta(max_length=30)]
Text60 = Annotated[str, Meta(max_length=60)]
Text300 = Annotated[str, Meta(max_length=300)]
Name20 = Annotated[str, Meta(min_length=1, max_length=20)]
Code = Annotated[str, Meta(pattern="^[A-Z][A-Z_]{0,23}$")]


class Line(Struct, frozen=True, gc=False):
    n: Counter
    number: Name20
    text: Text30
    barcode: Text20
    quantity: Quantity
    unit: Unit
    unit_price: Amount
    amount: Amount
    vat_rate: Rate
    vat: Amount
    version: Version
    linked_to: Counter | None = None


class Vat(Struct, frozen=True, gc=False):
    rate: Rate
    gross: Amount
    vat: Amount


class Payment(Struct, frozen=True, gc=False):
    id: UUID
    tender: Tender
    amount: Amount
    tendered: Amount
    change: Amount
    reference: Text60 = ""


class Origin(Struct, frozen=True, kw_only=True):
    """Who made a record, where and when: what all kinds have in common."""

    v: Literal[1]
    id: UUID
    org: UUID
    store: UUID
    pos: Counter
    device: UUID
    offset_ms: Offset | None = None
    app: Text20 = ""


class Sale(Origin, frozen=True, kw_only=True):
    series: UUID
    label: Label
    counter: Counter
    prev: Hash
    session: Count
    business_date: date
    staff: UUID
    staff_number: Text10
    started_at: Moment
    completed_at: Moment
    currency: Currency
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=1000)]
    vat: Annotated[tuple[Vat, ...], Meta(max_length=20)]
    total: Amount
    rounding: Amount
    payments: Annotated[tuple[Payment, ...], Meta(max_length=50)]


class Opening(Origin, frozen=True, kw_only=True, tag_field="kind", tag="OPEN"):
    series: UUID
    label: Label
    reason: Text30
    at: Moment


class TenderSum(Struct, frozen=True, gc=False):
    tender: Tender
    amount: Amount


class Closing(Origin, frozen=True, kw_only=True, tag_field="kind", tag="CLOSE"):
    series: UUID
    label: Label
    reason: Text30
    at: Moment
    prev: Hash
    last_counter: Count
    sales: Count
    total: Annotated[int, Meta(ge=-(2**62), le=2**62)]
    by_vat: Annotated[tuple[Vat, ...], Meta(max_length=100)]
    by_tender: Annotated[tuple[TenderSum, ...], Meta(max_length=20)]


class Event(Origin, frozen=True, kw_only=True):
    kind: Code
    at: Moment
    data: Annotated[dict[Text30, Text300 | int | bool | None], Meta(max_length=20)]


Content = Sale | Opening | Closing | Event


class Acceptance(Struct, frozen=True):
    """A person's word for a record in quarantine, as a store passes it on (docs/formats/sync.md)."""

    by: Text60
    reason: Text300


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    SALE: msgspec.json.Decoder(Sale),
    SERIES: msgspec.json.Decoder(Opening | Closing),
    EVENT: msgspec.json.Decoder(Event),
}


def decode_content(typ: str, payload: bytes) -> Content:
    """Read a payload as what its type says; raise BadDocument when it does not fit the format."""
    decoder = _DECODERS.get(typ)
    if decoder is None:
        raise BadDocument(f"{typ[:40]} is no record of a journal")
    try:
        content: Content = decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDocument(str(error)[:280]) from error
    _refuse_control_characters(payload)
    _refuse_odd_moments(content)
    if isinstance(content, Sale):
        _refuse_doubles(content)
    return content


# In JSON a control character can only stand escaped; DEL and the second control set may stand bare (in UTF-8).
_SUSPECT = (b"\\", b"\x7f", b"\xc2")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _refuse_control_characters(payload: bytes) -> None:
    if not any(each in payload for each in _SUSPECT):
        return
    if any(_CONTROL.search(text) for text in _texts(msgspec.json.decode(payload))):
        raise BadDocument("a text holds control characters")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _refuse_odd_moments(content: Content) -> None:
    """Years that no column, time zone or person can handle."""
    moments = [content.started_at, content.completed_at] if isinstance(content, Sale) else [content.at]
    years = [each.year for each in moments]
    if isinstance(content, Sale):
        years.append(content.business_date.year)
    if any(not 2000 <= year <= 2199 for year in years):
        raise BadDocument("a moment is out of range")


def _refuse_doubles(sale: Sale) -> None:
    if len({line.n for line in sale.lines}) != len(sale.lines):
        raise BadDocument("two lines have the same n")
    if len({row.rate for row in sale.vat}) != len(sale.vat):
        raise BadDocument("a VAT rate stands twice")
