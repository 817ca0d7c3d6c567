"""Book records: verified and decoded before, then as few statements as can be and one commit (decision 0006)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from butik.lib.problems import Problem
from butik.live.actions import announce
from butik.organisation.tenancy import tenant_scope
from butik.sales import sql
from butik.sales.events import heed_events
from butik.sales.journal import Decision, Outcome, decide
from butik.sales.known import load_known
from butik.sales.models import QuarantinedRecord
from butik.sales.reading import Place, Record
from butik.sales.rows import POSTGRESQL, SQLITE, Batch, make_rows

logger = logging.getLogger(__name__)
ATTEMPTS = 5


class HeadMoved(Exception):
    """Somebody else has booked into the same series since it was read."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who brings records, and whether this service must tell its chain of them."""

    device_id: UUID | None
    forward: bool


def book_records(records: Sequence[Record], *, place: Place, bearer: Bearer, now: datetime) -> list[Decision]:
    """Book what can be booked and quarantine the rest, in one transaction; the answer has one decision for each.

    When two write to one series at once, the later reads again and decides again. What the database itself refuses is
    tried alone, so that it cannot stop the others, and quarantined in the end.
    """
    trouble: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            return _book_at_once(records, place, bearer, now)
        except (HeadMoved, IntegrityError, DataError) as error:
            trouble = error
    if len(records) > 1:
        return [book_records([each], place=place, bearer=bearer, now=now)[0] for each in records]
    if isinstance(trouble, HeadMoved):
        raise Problem("busy", 503, "The series is being written by somebody else.")
    refused = Record(
        records[0].document,
        records[0].hash,
        records[0].received_at,
        None,
        QuarantinedRecord.Reason.CONFLICT,
        "the id is taken",
    )
    return _book_at_once([refused], place, bearer, now)


def _book_at_once(records: Sequence[Record], place: Place, bearer: Bearer, now: datetime) -> list[Decision]:
    dialect = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    with tenant_scope([place.organisation_id]):
        known = load_known(records, place)
        decisions = decide(records, known)
        batch = make_rows(
            decisions,
            known,
            place=place,
            dialect=dialect,
            bearer=bearer.device_id,
            forward=bearer.forward,
            now=now,
        )
        if batch:
            # on PostgreSQL the scope is the transaction already; on SQLite the gate is entered here and not before
            with transaction.atomic(savepoint=connection.vendor == "sqlite"):
                _write(batch, place, now)
                if bearer.forward:
                    heed_events(decisions, place, now)
    _log_quarantined(decisions)
    return decisions


def _write(batch: Batch, place: Place, now: datetime) -> None:
    with connection.cursor() as cursor:
        for row in batch.moved_series:
            cursor.execute(sql.MOVE_SERIES, row)
            if cursor.rowcount != 1:
                raise HeadMoved
        for statement, rows in _statements(batch):
            if len(rows) == 1:
                cursor.execute(statement, rows[0])
            elif rows:
                cursor.executemany(statement, rows)
        if batch.sales:
            announce(
                "sales",
                organisation_id=place.organisation_id,
                chain_id=place.chain_id,
                store_id=place.store_id,
                ref=place.store_id,
                at=now,
            )


def _statements(batch: Batch) -> list[tuple[str, list[Any]]]:
    later = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    return [
        (sql.INSERT_SERIES, batch.new_series),
        (sql.KEEP_OPENING, batch.openings),
        (sql.KEEP_CLOSING, batch.closings),
        (sql.INSERT_SALE, batch.sales),
        (sql.INSERT_LINE, batch.lines),
        (sql.INSERT_VAT, batch.vat),
        (sql.INSERT_PAYMENT, batch.payments),
        (sql.INSERT_EVENT, batch.events),
        (sql.INSERT_QUARANTINED, batch.quarantined),
        (sql.DELETE_GAP, batch.filled_gaps),
        (sql.INSERT_EXCEPTION, batch.exceptions),
        (sql.INSERT_OUTBOX, batch.outbox),
        (sql.add_to_day_figure(later), batch.day_figures),
    ]


def _log_quarantined(decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        if decision.outcome is Outcome.QUARANTINED and not decision.is_repeat:
            logger.warning("Quarantined record %s: %s %s", decision.record.hash[:16], decision.reason, decision.detail)
