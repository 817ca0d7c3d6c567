"""A chain's service takes in what a store forwards: many records of one store, in one transaction.

`prepare_records` verifies, outside any transaction; `ingest_records` books, in the transaction of its caller.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from os import cpu_count

from butik.audit.actions import record as write_audit_line
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.actions import accept_quarantined
from butik.sales.by_hand import figures_fault
from butik.sales.commit import Bearer, book_records
from butik.sales.journal import Decision, Outcome
from butik.sales.models import QuarantinedRecord
from butik.sales.reading import Opened, Place, Reason, Record, Signer, open_record, read_record
from butik.sales.signers import load_signers, place_of
from butik.sales.wire import Acceptance

logger = logging.getLogger(__name__)
FEW = 8  # fewer are verified here and now; more in as many threads as there are processors
PROCESSORS = cpu_count() or 1
_CHAIN = Bearer(device_id=None, forward=False)


@dataclass(frozen=True, slots=True)
class Item:
    """What a store says of a record: when it came, whether its device had been revoked by then, who vouched for it."""

    received_at: datetime
    document: str
    revoked: bool = False
    accepted: Acceptance | None = None


def prepare_records(*, store: Store, items: Sequence[Item]) -> list[Record]:
    """Take apart, verify and decode. Outside the transaction: it is most of the work, and nobody waits for it."""
    place, opened = place_of(store), [open_record(each.document) for each in items]
    return _read(opened, items, place)


def ingest_records(*, store: Store, records: Sequence[Record], now: datetime) -> list[Decision]:
    """Book and quarantine as the store did, with one audit line and one live event for the batch.

    A record whose device has come in the same transaction is read once more, now that its key is known.
    """
    if not records:
        return []
    place = place_of(store)
    records = _read_late(records, place)
    decisions = book_records(records, place=place, bearer=_CHAIN, now=now)
    for decision in decisions:
        if decision.record.accepted and decision.outcome is Outcome.QUARANTINED:
            _accept(decision.record, decision.record.accepted, store, now)
    _audit(decisions, place, now)
    return decisions


def _accept(record: Record, accepted: Acceptance, store: Store, now: datetime) -> None:
    """A person at the store has vouched for it: her word holds here too."""
    held = QuarantinedRecord.objects.waiting().filter(
        organisation_id=store.organisation_id, store_id=store.id, hash=record.hash
    )
    fault = figures_fault(accepted.figures) if accepted.figures else ""
    if fault:
        logger.error("Store %s has booked a record by hand that cannot be so: %s", store.number, fault)
        return
    for each in held:
        accept_quarantined(
            record=each,
            store=store,
            reason=accepted.reason,
            actor=accepted.by,
            forward=False,
            now=now,
            figures=accepted.figures,
        )


def _read(opened: Sequence[Opened], items: Sequence[Item], place: Place) -> list[Record]:
    with tenant_scope([place.organisation_id]):
        signers = load_signers(place=place, kids={each.kid for each in opened})
    read = partial(_read_some, place=place, signers=signers)
    pairs = list(zip(opened, items, strict=True))
    if len(pairs) <= FEW:
        return read(pairs)
    # checking a signature leaves the interpreter free for the other threads
    size = -(-len(pairs) // PROCESSORS)
    parts = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    return [record for part in _threads().map(read, parts) for record in part]


def _read_some(pairs: Sequence[tuple[Opened, Item]], *, place: Place, signers: dict[str, Signer]) -> list[Record]:
    return [
        read_record(
            opened,
            place=place,
            signers=signers,
            received_at=item.received_at,
            is_revoked=item.revoked,
            accepted=item.accepted,
        )
        for opened, item in pairs
    ]


def _read_late(records: Sequence[Record], place: Place) -> list[Record]:
    late = {place_in_list: open_record(each.document) for place_in_list, each in enumerate(records) if _is_late(each)}
    if not late:
        return list(records)
    signers = load_signers(place=place, kids={each.kid for each in late.values()})
    again = list(records)
    for place_in_list, opened in late.items():
        again[place_in_list] = read_record(
            opened,
            place=place,
            signers=signers,
            received_at=records[place_in_list].received_at,
            is_revoked=records[place_in_list].was_revoked,
            accepted=records[place_in_list].accepted,
        )
    return again


def _is_late(record: Record) -> bool:
    return record.reason is Reason.UNKNOWN_KEY


def _audit(decisions: Sequence[Decision], place: Place, now: datetime) -> None:
    counts = {outcome.value.lower(): 0 for outcome in Outcome}
    for decision in decisions:
        counts[decision.outcome.value.lower()] += 1
    write_audit_line(
        "sales.records.ingested",
        organisation_id=place.organisation_id,
        chain_id=place.chain_id,
        store_id=place.store_id,
        actor=f"store:{place.store_id}",
        at=now,
        **counts,
    )


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROCESSORS, thread_name_prefix="verify")
