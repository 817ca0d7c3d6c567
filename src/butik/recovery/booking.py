"""A page of records becomes bookings: verified outside the transaction, booked in that of the cursor."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from os import cpu_count
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from butik.changes.actions import put_in_outbox
from butik.lib.signing import BadDocument
from butik.organisation.models import Device, Store
from butik.organisation.pairing import Pairing
from butik.organisation.tenancy import tenant_scope
from butik.recovery.cloud import CloudTrouble
from butik.recovery.models import RecoveredRecord, Recovery
from butik.recovery.wire import RecordDown, RecordPage
from butik.sales.actions import accept_quarantined
from butik.sales.assignments import Assignment, read_assignment, register_assigned
from butik.sales.commit import Bearer, book_records
from butik.sales.journal import Decision, Outcome, Reason
from butik.sales.models import QuarantinedRecord
from butik.sales.reading import Opened, Place, Record, Signer, open_record, read_accepted, read_record
from butik.sales.signers import load_signers, place_of
from butik.sales.wire import Sale

FEW = 8  # fewer are verified here and now; more in as many threads as there are processors
PROCESSORS = cpu_count() or 1
HERE = Bearer(device_id=None, forward=True)  # the chain gets them too


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page that was taken apart and verified."""

    after: int
    position: int
    head: int
    positions: list[int]
    records: list[Record]
    assignments: dict[str, Assignment]  # by their documents


def prepare_page(
    page: RecordPage, *, after: int, store: Store, pairing: Pairing, known: Mapping[str, Signer]
) -> Prepared:
    """Verify a page that was asked for behind `after`. Raises CloudTrouble when it is not what was asked for.

    Asks no database, so that it can be done beside the booking of the page before.

    An assignment that the pinned root did not sign stops everything: its device's sales would be quarantined.
    """
    positions = [each.position for each in page.records]
    if positions != list(range(after + 1, after + 1 + len(positions))) or page.position != after + len(positions):
        raise CloudTrouble(_("The emergency cloud leaves out records. Nothing was taken."), "bad-answer")
    try:
        said = {document: read_assignment(document, pairing.key_bytes, store) for document in page.assignments}
    except BadDocument as error:
        raise CloudTrouble(
            _("The emergency cloud introduces a device in a way that does not hold: %(why)s") % {"why": str(error)},
            "bad-answer",
        ) from error
    opened = [open_record(each.document) for each in page.records]
    place = place_of(store)
    signers = _signers(said.values(), known)
    return Prepared(after, page.position, page.head, positions, _read(opened, page.records, place, signers), said)


def book_page(prepared: Prepared, *, recovery: Recovery, store: Store, now: datetime) -> list[Decision]:
    """Book the page's records and know its devices. Inside the transaction that moves the cursor."""
    introduced = []
    for document, assignment in prepared.assignments.items():
        if register_assigned(store=store, assignment=assignment, now=now):
            introduced.append(assignment)
            put_in_outbox(
                kind="device",
                organisation_id=store.organisation_id,
                ref=assignment.device,
                body=msgspec.json.encode({"assignment": document}).decode(),
                at=now,
            )
    place = place_of(store)
    decisions = book_records(prepared.records, place=place, bearer=HERE, now=now)
    RecoveredRecord.objects.bulk_create(
        RecoveredRecord(
            organisation_id=store.organisation_id,
            recovery=recovery,
            position=position,
            sale_id=_sale_of(decision, place),
            outcome=decision.outcome,
            hash=decision.record.hash,
        )
        for position, decision in zip(prepared.positions, decisions, strict=True)
    )
    for assignment in introduced:
        _let_in(assignment, store, now)
    return decisions


def _let_in(assignment: Assignment, store: Store, now: datetime) -> None:
    """A device's last sales may have come down before anybody introduced it: now they can be verified, and booked."""
    held = QuarantinedRecord.objects.waiting().filter(
        organisation_id=store.organisation_id,
        store_id=store.id,
        reason=Reason.UNKNOWN_KEY,
        detail=assignment.kid,
    )
    place, signers = place_of(store), {assignment.kid: _signer(assignment)}
    for each in held:
        opened = open_record(each.document)
        if read_record(opened, place=place, signers=signers, received_at=each.received_at).reason is None:
            reason = "The emergency cloud has introduced its device since."
            accept_quarantined(record=each, store=store, reason=reason, actor="system", forward=True, now=now)


def count_outcomes(decisions: Sequence[Decision]) -> dict[str, int]:
    counts = {outcome.value.lower(): 0 for outcome in Outcome}
    for decision in decisions:
        counts[decision.outcome.value.lower()] += 1
    return counts


def _sale_of(decision: Decision, place: Place) -> UUID | None:
    """The sale that the record is, or will be when a person accepts it; None when that id is another sale's."""
    content = decision.record.content
    if content is None:  # signed by whom nobody knows yet: it says all the same which sale it would be
        opened = open_record(decision.record.document)
        content = read_accepted(opened, place=place, received_at=decision.record.received_at).content
    return content.id if isinstance(content, Sale) and decision.reason is not Reason.CONFLICT else None


def known_signers(store: Store) -> dict[str, Signer]:
    """The devices that this store knows itself."""
    with tenant_scope([store.organisation_id]):
        rows = Device.objects.filter(organisation_id=store.organisation_id, store=store)
        kids = list(rows.values_list("kid", flat=True))
        return load_signers(place=place_of(store), kids=kids)


def _signers(said: Iterable[Assignment], known: Mapping[str, Signer]) -> dict[str, Signer]:
    """Devices of the emergency, and those that this store knows. Who was revoked here stays so."""
    assigned = {each.kid: _signer(each) for each in said}
    return assigned | {kid: each for kid, each in known.items() if kid not in assigned or each.is_revoked}


def _signer(assignment: Assignment) -> Signer:
    return Signer(assignment.device, assignment.kid, assignment.key_bytes, assignment.pos, is_revoked=False)


def _read(
    opened: Sequence[Opened], down: Sequence[RecordDown], place: Place, signers: dict[str, Signer]
) -> list[Record]:
    read = partial(_read_some, place=place, signers=signers)
    pairs = list(zip(opened, down, strict=True))
    if len(pairs) <= FEW:
        return read(pairs)
    # checking a signature leaves the interpreter free for the other threads
    size = -(-len(pairs) // PROCESSORS)
    parts = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    return [record for part in _threads().map(read, parts) for record in part]


def _read_some(pairs: Sequence[tuple[Opened, RecordDown]], *, place: Place, signers: dict[str, Signer]) -> list[Record]:
    return [read_record(opened, place=place, signers=signers, received_at=down.received_at) for opened, down in pairs]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(PROCESSORS, thread_name_prefix="recover")
