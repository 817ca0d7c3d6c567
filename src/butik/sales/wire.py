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

from butik.lib import bounds
from butik.lib.outside import BadDocument, read_anything, read_json

SALE = "butik-sale"
SERIES = "butik-series"
EVENT = "butik-event"

# The literals of units and tenders stand here for the type checker; a test holds them to the bounds.
Counter = Annotated[int, Meta(ge=1, le=bounds.MAX_COUNTER)]
Count = Annotated[int, Meta(ge=0, le=bounds.MAX_INTEGER)]
Amount = Annotated[int, Meta(ge=-bounds.MAX_AMOUNT, le=bounds.MAX_AMOUNT)]
Sum = Annotated[int, Meta(ge=-bounds.MAX_SAFE, le=bounds.MAX_SAFE)]
Quantity = Annotated[int, Meta(ge=-bounds.MAX_QUANTITY, le=bounds.MAX_QUANTITY)]
Rate = Annotated[int, Meta(ge=0, le=bounds.MAX_RATE)]
Version = Annotated[int, Meta(ge=0, le=bounds.MAX_SAFE)]
Offset = Annotated[int, Meta(ge=-bounds.MAX_OFFSET, le=bounds.MAX_OFFSET)]
Moment = Annotated[datetime, Meta(tz=True)]
Label = Annotated[str, Meta(pattern=bounds.LABEL)]
Hash = Annotated[str, Meta(pattern=bounds.HASH)]
Currency = Annotated[str, Meta(pattern=bounds.CURRENCY)]
Unit = Literal["PCS", "KG", "G", "L", "ML", "M"]
Tender = Literal["CASH", "CARD"]
Number = Annotated[str, Meta(min_length=1, max_length=bounds.MAX_NUMBER)]
ReceiptText = Annotated[str, Meta(max_length=bounds.MAX_TEXT)]
Barcode = Annotated[str, Meta(max_length=bounds.MAX_BARCODE)]
Reference = Annotated[str, Meta(max_length=bounds.MAX_REFERENCE)]
App = Annotated[str, Meta(max_length=bounds.MAX_APP)]
StaffNumber = Annotated[str, Meta(max_length=bounds.MAX_STAFF_NUMBER)]
SeriesReason = Annotated[str, Meta(max_length=bounds.MAX_REASON)]
EventKind = Annotated[str, Meta(pattern=bounds.EVENT_KIND)]
EventKey = Annotated[str, Meta(max_length=bounds.MAX_EVENT_KEY)]
EventText = Annotated[str, Meta(max_length=bounds.MAX_EVENT_TEXT)]
EventNumber = Annotated[int, Meta(ge=-bounds.MAX_SAFE, le=bounds.MAX_SAFE)]


class Line(Struct, frozen=True, gc=False):
    n: Counter
    number: Number
    text: ReceiptText
    barcode: Barcode
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
    reference: Reference = ""


class Origin(Struct, frozen=True, kw_only=True):
    """Who made a record, where and when: what all kinds have in common."""

    v: Literal[1]
    id: UUID
    org: UUID
    store: UUID
    pos: Counter
    device: UUID
    offset_ms: Offset | None = None
    app: App = ""


class Sale(Origin, frozen=True, kw_only=True):
    series: UUID
    label: Label
    counter: Counter
    prev: Hash
    session: Count
    business_date: date
    staff: UUID
    staff_number: StaffNumber
    started_at: Moment
    completed_at: Moment
    currency: Currency
    lines: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=bounds.MAX_LINES)]
    vat: Annotated[tuple[Vat, ...], Meta(max_length=bounds.MAX_VAT_RATES)]
    total: Amount
    rounding: Amount
    payments: Annotated[tuple[Payment, ...], Meta(max_length=bounds.MAX_PAYMENTS)]


class Opening(Origin, frozen=True, kw_only=True, tag_field="kind", tag="OPEN"):
    series: UUID
    label: Label
    reason: SeriesReason
    at: Moment


class VatSum(Struct, frozen=True, gc=False):
    rate: Rate
    gross: Sum
    vat: Sum


class TenderSum(Struct, frozen=True, gc=False):
    tender: Tender
    amount: Sum


class Closing(Origin, frozen=True, kw_only=True, tag_field="kind", tag="CLOSE"):
    series: UUID
    label: Label
    reason: SeriesReason
    at: Moment
    prev: Hash
    last_counter: Count
    sales: Count
    total: Sum
    by_vat: Annotated[tuple[VatSum, ...], Meta(max_length=bounds.MAX_SERIES_RATES)]
    by_tender: Annotated[tuple[TenderSum, ...], Meta(max_length=bounds.MAX_TENDERS)]


class Event(Origin, frozen=True, kw_only=True):
    kind: EventKind
    at: Moment
    data: Annotated[dict[EventKey, EventText | EventNumber | bool | None], Meta(max_length=bounds.MAX_EVENT_MEMBERS)]


Content = Sale | Opening | Closing | Event


class Figures(Struct, frozen=True):
    """What a person says that a record was which nobody can read."""

    pos: Counter
    date: date
    currency: Currency
    total: Amount
    vat: Annotated[tuple[Vat, ...], Meta(min_length=1, max_length=bounds.MAX_VAT_RATES)]
    payments: Annotated[tuple[TenderSum, ...], Meta(min_length=1, max_length=bounds.MAX_TENDERS)]

    @property
    def rounding(self) -> int:
        return sum(each.amount for each in self.payments) - self.total


class Acceptance(Struct, frozen=True):
    """A person's word for a record in quarantine, as a store passes it on (docs/formats/sync.md)."""

    by: Annotated[str, Meta(max_length=bounds.MAX_NAME)]
    reason: Annotated[str, Meta(max_length=bounds.MAX_ACCEPT_REASON)]
    figures: Figures | None = None  # it was booked by hand


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
    content: Content = read_json(payload, decoder)
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
    if any(_CONTROL.search(text) for text in _texts(read_anything(payload))):
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
    """Years of less than four digits: no clock says them. Any other is booked, however wrong (`checks.clock_fault`)."""
    if isinstance(content, Sale):
        years = [content.started_at.year, content.completed_at.year, content.business_date.year]
    else:
        years = [content.at.year]
    if min(years) < bounds.MIN_YEAR:  # no calendar goes beyond MAX_YEAR
        raise BadDocument("a moment is out of range")


def _refuse_doubles(sale: Sale) -> None:
    if len({line.n for line in sale.lines}) != len(sale.lines):
        raise BadDocument("two lines have the same n")
    if len({row.rate for row in sale.vat}) != len(sale.vat):
        raise BadDocument("a VAT rate stands twice")
