"""Book records: verified and decoded before, then as few statements as can be and one commit (decision 0006)."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from butik.organisation.tenancy import tenant_scope
from butik.sales.events import heed_events, is_heeded
from butik.sales.journal import Decision, Outcome, decide
from butik.sales.known import HeadMoved, load_known
from butik.sales.models import QuarantinedRecord
from butik.sales.pipeline import hot_scope
from butik.sales.reading import Place, Record
from butik.sales.rows import POSTGRESQL, SALES_TOPIC, SQLITE, make_rows
from butik.sales.write import write_batch

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who brings records, and whether this service must tell its chain of them."""

    device_id: UUID | None
    forward: bool


def book_records(records: Sequence[Record], *, place: Place, bearer: Bearer, now: datetime) -> list[Decision]:
    """Book what can be booked and quarantine the rest, in one transaction; the answer has one decision for each.

    The journal is read while another may still write to it: who then finds a head moved does all once more, inside: on
    SQLite behind the gate, on PostgreSQL with the heads locked. What the database itself refuses is tried alone, so
    that it cannot stop the others, and is quarantined in the end.
    """
    with suppress(HeadMoved, IntegrityError, DataError):
        return _book_at_once(records, place, bearer, now)
    try:
        return _book_inside(records, place, bearer, now)
    except (HeadMoved, IntegrityError, DataError):
        if len(records) > 1:
            return [book_records([each], place=place, bearer=bearer, now=now)[0] for each in records]
    refused = replace(records[0], reason=QuarantinedRecord.Reason.CONFLICT, detail="its id is taken elsewhere")
    return _book_inside([refused], place, bearer, now)


def _book_inside(records: Sequence[Record], place: Place, bearer: Bearer, now: datetime) -> list[Decision]:
    with tenant_scope([place.organisation_id]), transaction.atomic():
        return _book_at_once(records, place, bearer, now, lock=True)


def _book_at_once(
    records: Sequence[Record], place: Place, bearer: Bearer, now: datetime, *, lock: bool = False
) -> list[Decision]:
    dialect = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
    is_plain = not (bearer.forward and any(map(is_heeded, records)))
    with hot_scope(place.organisation_id, together=is_plain) as topics:
        known = load_known(records, place, lock=lock)
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
                write_batch(batch)
                if batch.sales:
                    topics.add(SALES_TOPIC)
                if bearer.forward:
                    heed_events(decisions, place, now)
    _log_quarantined(decisions)
    return decisions


def _log_quarantined(decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        if decision.outcome is Outcome.QUARANTINED and not decision.is_repeat:
            logger.warning("Quarantined record %s: %s %s", decision.record.hash[:16], decision.reason, decision.detail)
