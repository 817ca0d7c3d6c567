"""Decisions turned into rows, as tuples in the order of the columns in `sql.py`. Pure, but for new ids."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.sales.checks import CLOCK_TOLERANCE, corrected, held
from butik.sales.journal import Decision, Head, Known, Outcome
from butik.sales.models import QuarantinedRecord, SaleException
from butik.sales.reading import Place, Record
from butik.sales.sql import Row
from butik.sales.wire import Acceptance, Closing, Event, Opening, Sale

SALES_TOPIC = "sales"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database driver wants to be given ids, moments and dates."""

    uuid: Callable[[UUID], Any]
    moment: Callable[[datetime], Any]
    date: Callable[[date], Any]


SQLITE = Dialect(
    uuid=lambda value: value.hex,
    moment=lambda value: str(value.astimezone(UTC).replace(tzinfo=None)),
    date=str,
)
POSTGRESQL = Dialect(uuid=lambda value: value, moment=lambda value: value, date=lambda value: value)


@dataclass(slots=True)
class Batch:
    """Everything that one transaction writes."""

    sales: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    vat: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    exceptions: list[Row] = field(default_factory=list)
    filled_gaps: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    new_series: list[Row] = field(default_factory=list)
    moved_series: list[Row] = field(default_factory=list)
    openings: list[Row] = field(default_factory=list)
    closings: list[Row] = field(default_factory=list)
    day_figures: list[Row] = field(default_factory=list)
    outbox: list[Row] = field(default_factory=list)
    live: list[Row] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sales or self.quarantined or self.events or self.openings or self.closings)


def make_rows(
    decisions: Sequence[Decision],
    known: Known,
    *,
    place: Place,
    dialect: Dialect,
    bearer: UUID | None,
    forward: bool,
    now: datetime,
) -> Batch:
    """`bearer` is the device that brought the records; `forward` puts them in the outbox too (a store's service)."""
    batch = Batch()
    filled = {each.filled_gap for each in decisions if each.filled_gap is not None}
    maker = _Maker(batch, place, dialect, bearer, forward, now, filled)
    days: dict[tuple[date, int, str], list[Any]] = {}
    for decision in decisions:
        if decision.outcome is Outcome.QUARANTINED and not decision.is_repeat:
            maker.quarantine(decision)
        elif decision.outcome is Outcome.BOOKED:
            maker.book(decision, days)
    maker.day_figures(days)
    if batch.sales:
        maker.tell()
    for head in sorted(known.series.values(), key=lambda head: head.id):
        maker.series(head)
    return batch


@dataclass(slots=True)
class _Maker:
    batch: Batch
    place: Place
    dialect: Dialect
    bearer: UUID | None
    forward: bool
    now: datetime
    filled: set[UUID]  # sales whose gap is closed within this batch, or was noted before it
    _organisation: Any = None
    _chain: Any = None
    _store: Any = None
    _now: Any = None
    _zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    def __post_init__(self) -> None:
        uuid = self.dialect.uuid
        self._organisation = uuid(self.place.organisation_id)
        self._chain = uuid(self.place.chain_id)
        self._store = uuid(self.place.store_id)
        self._now = self.dialect.moment(self.now)
        self._zone = ZoneInfo(self.place.timezone)

    def quarantine(self, decision: Decision) -> None:
        record, uuid = decision.record, self.dialect.uuid
        self.batch.quarantined.append(
            (
                uuid(new_id()),
                self._organisation,
                self._chain,
                self._store,
                uuid(self.bearer) if self.bearer else None,
                record.hash,
                record.document,
                decision.reason,
                _printable(decision.detail),
                self.dialect.moment(record.received_at),
                "",
                "",
            )
        )
        self._send_whole(record, is_revoked=decision.reason == QuarantinedRecord.Reason.REVOKED)

    def book(self, decision: Decision, days: dict[tuple[date, int, str], list[Any]]) -> None:
        record, uuid = decision.record, self.dialect.uuid
        match record.content:
            case Sale() as sale:
                self._sale(sale, record, days)
                self._send("record", uuid(sale.id), "")
            case Event() as event:
                self._event(event, record)
                self._send_whole(record)
            case Opening() as opening:
                self.batch.openings.append((record.document, uuid(opening.series)))
                self._send_whole(record)
            case Closing() as closing:
                self.batch.closings.append((record.document, closing.sales, closing.total, uuid(closing.series)))
                self._send_whole(record)
        if decision.filled_gap is not None:
            self.batch.filled_gaps.append((self._organisation, self._store, uuid(decision.filled_gap)))
        for oddity in decision.oddities:
            if oddity.kind is SaleException.Kind.GAP and oddity.sale_id in self.filled:
                continue
            self.batch.exceptions.append(
                (
                    uuid(new_id()),
                    self._organisation,
                    self._chain,
                    self._store,
                    uuid(oddity.sale_id),
                    oddity.kind,
                    oddity.detail[:300],
                    self._now,
                )
            )

    def _sale(self, sale: Sale, record: Record, days: dict[tuple[date, int, str], list[Any]]) -> None:
        uuid, moment = self.dialect.uuid, self.dialect.moment
        organisation, store, sale_id = self._organisation, self._store, uuid(sale.id)
        at = corrected(sale)
        self.batch.sales.append(
            (
                sale_id,
                organisation,
                self._chain,
                store,
                sale.pos,
                uuid(sale.device),
                uuid(sale.series),
                sale.label,
                sale.counter,
                sale.session,
                self.dialect.date(sale.business_date),
                uuid(sale.staff),
                sale.staff_number,
                moment(held(sale.completed_at)),
                moment(at),
                moment(record.received_at),
                sale.currency,
                sale.total,
                sale.rounding,
                len(sale.lines),
                record.hash,
                record.document,
            )
        )
        fresh = iter(fresh_ids(len(sale.lines) + len(sale.vat) + len(sale.payments)))
        self.batch.lines.extend(
            (
                next(fresh),
                organisation,
                store,
                sale_id,
                line.n,
                line.number,
                line.text,
                line.barcode,
                line.quantity,
                line.unit,
                line.unit_price,
                line.amount,
                line.vat_rate,
                line.vat,
                line.version,
                line.linked_to,
            )
            for line in sale.lines
        )
        self.batch.vat.extend(
            (next(fresh), organisation, store, sale_id, row.rate, row.gross, row.vat) for row in sale.vat
        )
        self.batch.payments.extend(
            (
                next(fresh),
                organisation,
                store,
                sale_id,
                n,
                uuid(payment.id),
                payment.tender,
                payment.amount,
                payment.tendered,
                payment.change,
                payment.reference,
            )
            for n, payment in enumerate(sale.payments, 1)
        )
        vat = sum(row.vat for row in sale.vat)
        latest = at if at <= record.received_at + CLOCK_TOLERANCE else record.received_at
        figure = days.setdefault((sale.business_date, at.astimezone(self._zone).hour, sale.currency), [0, 0, 0, latest])
        figure[0] += 1
        figure[1] += sale.total
        figure[2] += vat
        figure[3] = max(figure[3], latest)

    def _event(self, event: Event, record: Record) -> None:
        uuid, moment = self.dialect.uuid, self.dialect.moment
        self.batch.events.append(
            (
                uuid(event.id),
                self._organisation,
                self._chain,
                self._store,
                event.pos,
                uuid(event.device),
                event.kind,
                moment(held(event.at)),
                moment(record.received_at),
                record.hash,
                record.document,
            )
        )

    def day_figures(self, days: dict[tuple[date, int, str], list[Any]]) -> None:
        uuid = self.dialect.uuid
        for (day, hour, currency), (sales, total, vat, latest) in sorted(days.items()):
            self.batch.day_figures.append(
                (
                    uuid(new_id()),
                    self._organisation,
                    self._chain,
                    self._store,
                    self.dialect.date(day),
                    hour,
                    currency,
                    sales,
                    total,
                    vat,
                    self.dialect.moment(latest),
                )
            )

    def series(self, head: Head) -> None:
        uuid = self.dialect.uuid
        state = (
            head.latest_counter,
            head.latest_hash,
            head.sales,
            head.total,
            head.opening_hash,
            head.closing_hash,
            head.state,
        )
        if head.stored is None:
            self.batch.new_series.append(
                (
                    uuid(head.id),
                    self._organisation,
                    self._chain,
                    self._store,
                    head.pos_number,
                    uuid(head.device_id),
                    head.label,
                    *state,
                    "",
                    "",
                )
            )
        elif head.is_moved:
            self.batch.moved_series.append((*state, uuid(head.id), *head.stored))

    def tell(self) -> None:
        """One live event for all sales."""
        store = str(self.place.store_id)
        self.batch.live.append((self._organisation, self._chain, self._store, SALES_TOPIC, store, self._now))

    def _send_whole(self, record: Record, is_revoked: bool = False) -> None:
        body = record_body(record.document, record.received_at, is_revoked=is_revoked)
        self._send("record", self.dialect.uuid(new_id()), body)

    def _send(self, kind: str, ref: Any, body: str) -> None:
        if self.forward:
            self.batch.outbox.append((self._organisation, kind, ref, body, self._now))


def fresh_ids(count: int) -> list[str]:
    """Many at once, as 32 hexadecimal digits, which both drivers take: see `lib.ids` for what they are."""
    stamp = f"{time.time_ns() // 1_000_000 & (1 << 48) - 1:012x}7"
    noise = os.urandom(10 * count).hex()
    return [
        f"{stamp}{noise[start : start + 3]}{'89ab'[int(noise[start + 3], 16) & 3]}{noise[start + 4 : start + 19]}"
        for start in range(0, 20 * count, 20)
    ]


def _printable(detail: str) -> str:
    """What a stranger wrote may be quoted in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in detail[:300])


def record_body(
    document: str, received_at: datetime, *, is_revoked: bool = False, accepted: Acceptance | None = None
) -> str:
    """Body of an outbox item of kind `record` (docs/formats/sync.md)."""
    body: dict[str, Any] = {"received_at": to_wire(received_at), "document": document, "revoked": is_revoked}
    if accepted:
        body["accepted"] = {"by": accepted.by, "reason": accepted.reason}
        if accepted.figures:
            body["accepted"]["figures"] = accepted.figures
    return msgspec.json.encode(body).decode()
