"""Decide what becomes of each record, given what the journal already holds. Pure: no database, no clock.

The end state depends on which records have arrived, not on the order in which they came: what links one sale to the
one before it is judged when the second of the two arrives, whichever that is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from butik.sales.checks import clock_fault, price_faults, quantity_fault, sum_fault
from butik.sales.models import QuarantinedRecord, SaleException, Series
from butik.sales.reading import Record
from butik.sales.wire import Closing, Event, Opening, Sale

Kind = SaleException.Kind
Reason = QuarantinedRecord.Reason


class Outcome(StrEnum):
    BOOKED = "BOOKED"
    KNOWN = "KNOWN"
    QUARANTINED = "QUARANTINED"


@dataclass(slots=True)
class Head:
    """A series as far as it has arrived."""

    id: UUID
    device_id: UUID
    pos_number: int
    label: str
    latest_counter: int = 0
    latest_hash: str = ""
    sales: int = 0
    total: int = 0
    opening_hash: str = ""
    closing_hash: str = ""
    stored: tuple[int, str, str] | None = None  # (sales, opening, closing) of the row as read; None without a row

    @property
    def is_moved(self) -> bool:
        return self.stored != (self.sales, self.opening_hash, self.closing_hash)

    @property
    def state(self) -> Series.State:
        return Series.State.CLOSED if self.closing_hash else Series.State.OPEN


@dataclass(frozen=True, slots=True)
class Numbered:
    """A booked sale's place: who stands there, with which bytes, and whom it says it follows."""

    sale_id: UUID
    hash: str
    prev: str


@dataclass(slots=True)
class Known:
    """What the journal holds of everything that a batch names, and of the neighbours of its sales."""

    series: dict[UUID, Head] = field(default_factory=dict)
    labels: dict[tuple[int, str], UUID] = field(default_factory=dict)  # (POS, label) to series
    hashes: dict[UUID, str] = field(default_factory=dict)  # id of a sale or event here to the hash of its document
    numbers: dict[tuple[UUID, int], Numbered] = field(default_factory=dict)
    quarantined: dict[str, tuple[Reason, str]] = field(default_factory=dict)  # not accepted yet, by hash
    versions: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)  # price and VAT rate, as in pricing
    units: dict[tuple[str, int], str] = field(default_factory=dict)  # in which an article was sold at a version


@dataclass(frozen=True, slots=True)
class Oddity:
    sale_id: UUID
    kind: Kind
    detail: str


@dataclass(slots=True)
class Decision:
    record: Record
    outcome: Outcome
    reason: Reason | None = None
    detail: str = ""
    oddities: list[Oddity] = field(default_factory=list)
    filled_gap: UUID | None = None  # the sale whose GAP this record closes
    is_repeat: bool = False  # quarantined already, with the same bytes


def decide(records: Iterable[Record], known: Known) -> list[Decision]:
    """Judge records in order; `known` is brought up to date on the way, so it also tells the new heads."""
    return [_judge(record, known) for record in records]


def _judge(record: Record, known: Known) -> Decision:
    before = known.quarantined.get(record.hash)
    if before is not None:
        return Decision(record, Outcome.QUARANTINED, *before, is_repeat=True)
    if _is_booked(record, known):
        return Decision(record, Outcome.KNOWN)
    reason, detail = _obstacle(record, known)
    if reason is not None:
        known.quarantined[record.hash] = (reason, detail)
        return Decision(record, Outcome.QUARANTINED, reason, detail)
    return _book(record, known)


def _is_booked(record: Record, known: Known) -> bool:
    """The same bytes are in the journal. Asked before anything else: a later revocation does not undo a sale."""
    match record.content:
        case Sale() | Event() as content:
            return known.hashes.get(content.id) == record.hash
        case Opening() as content:
            head = known.series.get(content.series)
            return head is not None and head.opening_hash == record.hash
        case Closing() as content:
            head = known.series.get(content.series)
            return head is not None and head.closing_hash == record.hash
    return False


def _obstacle(record: Record, known: Known) -> tuple[Reason | None, str]:
    """Why a record that is not in the journal must not enter it."""
    content = record.content
    if record.reason is not None or content is None:
        return record.reason or Reason.UNREADABLE, record.detail
    if isinstance(content, Event):
        return (Reason.CONFLICT, f"event {content.id}") if content.id in known.hashes else (None, "")
    head = known.series.get(content.series)
    holder = known.labels.get((content.pos, content.label))
    if head is None and holder is not None:
        return Reason.SERIES, f"{content.label} of POS {content.pos} is series {holder}"
    if head is not None and (head.device_id, head.pos_number, head.label) != (
        content.device,
        content.pos,
        content.label,
    ):
        return Reason.SERIES, f"series is {head.label} of POS {head.pos_number}, device {head.device_id}"
    return _conflict(content, head, known)


def _conflict(content: Sale | Opening | Closing, head: Head | None, known: Known) -> tuple[Reason | None, str]:
    if isinstance(content, Sale):
        if content.id in known.hashes:
            return Reason.CONFLICT, f"sale {content.id}"
        if (content.series, content.counter) in known.numbers:
            return Reason.CONFLICT, f"{content.label}-{content.counter:06d}"
    elif head is not None and (head.opening_hash if isinstance(content, Opening) else head.closing_hash):
        return Reason.CONFLICT, f"{content.label} has another record of this kind"
    return None, ""


def _book(record: Record, known: Known) -> Decision:
    decision = Decision(record, Outcome.BOOKED)
    content = record.content
    if isinstance(content, Event):
        known.hashes[content.id] = record.hash
    elif isinstance(content, Sale):
        _enter_sale(content, decision, _head_of(content, known), known)
    elif isinstance(content, Opening):
        _head_of(content, known).opening_hash = record.hash
        _link_successor(content.series, 0, decision, known)
    elif isinstance(content, Closing):
        _head_of(content, known).closing_hash = record.hash
    return decision


def _head_of(content: Sale | Opening | Closing, known: Known) -> Head:
    head = known.series.get(content.series)
    if head is None:
        head = Head(content.series, content.device, content.pos, content.label)
        known.series[content.series] = head
        known.labels[content.pos, content.label] = content.series
    return head


def _enter_sale(sale: Sale, decision: Decision, head: Head, known: Known) -> None:
    record = decision.record
    known.hashes[sale.id] = record.hash
    known.numbers[sale.series, sale.counter] = Numbered(sale.id, record.hash, sale.prev)
    head.sales += 1
    head.total += sale.total
    if sale.counter > head.latest_counter:
        head.latest_counter, head.latest_hash = sale.counter, record.hash

    def note(kind: Kind, detail: str) -> None:
        if detail:
            decision.oddities.append(Oddity(sale.id, kind, detail))

    note(*_link_to_predecessor(sale, head, known))
    note(Kind.SUM, sum_fault(sale))
    note(Kind.QUANTITY, quantity_fault(sale, known.units))
    note(Kind.CLOCK, clock_fault(sale, record.received_at))
    for kind, detail in price_faults(sale, known.versions):
        note(kind, detail)
    _link_successor(sale.series, sale.counter, decision, known)


def _link_to_predecessor(sale: Sale, head: Head, known: Known) -> tuple[Kind, str]:
    if sale.counter == 1:
        before = head.opening_hash
    else:
        neighbour = known.numbers.get((sale.series, sale.counter - 1))
        before = neighbour.hash if neighbour else ""
    if not before:
        return Kind.GAP, f"{sale.label}-{sale.counter - 1:06d} has not arrived"
    return Kind.CHAIN, "" if before == sale.prev else f"does not follow {sale.label}-{sale.counter - 1:06d}"


def _link_successor(series: UUID, counter: int, decision: Decision, known: Known) -> None:
    """Somebody may have been waiting for this one: his gap is closed, and his link can now be judged."""
    successor = known.numbers.get((series, counter + 1))
    if successor is None:
        return
    decision.filled_gap = successor.sale_id
    if successor.prev != decision.record.hash:
        label = known.series[series].label
        decision.oddities.append(Oddity(successor.sale_id, Kind.CHAIN, f"does not follow {label}-{counter:06d}"))
