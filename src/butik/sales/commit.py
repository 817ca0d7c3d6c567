"""Book records: verified and decoded before, then as few statements as can be and one commit (decision 0006)."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from butik.lib.faults import is_of_machine
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
    """Book what can be booked and quarantine the rest; the answer has one decision for each.

    A record that a fault of this software keeps out stops nobody: when others can be booked it waits in quarantine,
    where it is seen and tried again. When none can, the fault is raised, and whoever brought them keeps them.
    """
    try:
        return _book_or_refuse(records, place=place, bearer=bearer, now=now)
    except Exception as error:
        if len(records) == 1 or is_of_machine(error):
            raise
        logger.exception("%s records could not be booked together; they are tried one by one", len(records))
        return _book_one_by_one(records, place, bearer, now, error)


def _book_one_by_one(
    records: Sequence[Record], place: Place, bearer: Bearer, now: datetime, error: Exception
) -> list[Decision]:
    decisions: dict[int, Decision] = {}
    failed: dict[int, Record] = {}
    for at, record in enumerate(records):
        try:
            decisions[at] = _book_or_refuse([record], place=place, bearer=bearer, now=now)[0]
        except Exception as trouble:
            if is_of_machine(trouble):
                raise
            # without its content, so that whatever it was in it is not met again
            reason, detail = QuarantinedRecord.Reason.FAILED, repr(trouble)[:300]
            failed[at] = replace(record, content=None, reason=reason, detail=detail)
    if not decisions:
        raise error
    for at, record in failed.items():
        logger.error("Record %s waits in quarantine for a fault of this software: %s", record.hash[:16], record.detail)
        decisions[at] = _book_inside([record], place, bearer, now)[0]
    return [decisions[at] for at in range(len(records))]


def _book_or_refuse(records: Sequence[Record], *, place: Place, bearer: Bearer, now: datetime) -> list[Decision]:
    """All in one transaction.

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
            return [_book_or_refuse([each], place=place, bearer=bearer, now=now)[0] for each in records]
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
