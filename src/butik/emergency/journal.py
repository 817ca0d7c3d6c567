"""What devices bring here is booked as at a store, and gets a place in the order in which the store reads it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.emergency.models import Assignment, RecordHead, RecordPosition
from butik.organisation.tenancy import tenant_scope
from butik.sales.commit import Bearer, book_records
from butik.sales.journal import Decision
from butik.sales.reading import Place, Signer, open_record, read_record
from butik.sales.signers import load_signers


def receive_records(documents: Sequence[str], *, place: Place, bearer: Signer, now: datetime) -> list[Decision]:
    """Keep every record, booked or quarantined, with its position; one decision for each, in the same order."""
    opened = [open_record(each) for each in documents]
    signers = {bearer.kid: bearer}
    others = {each.kid for each in opened} - {bearer.kid, ""}
    if others:
        with tenant_scope([place.organisation_id]):
            signers |= load_signers(place=place, kids=others)
    records = [read_record(each, place=place, signers=signers, received_at=now) for each in opened]
    with tenant_scope([place.organisation_id]), transaction.atomic():
        decisions = book_records(records, place=place, bearer=Bearer(bearer.device_id, forward=False), now=now)
        _give_positions(decisions, place, signers)
    return decisions


def _give_positions(decisions: Sequence[Decision], place: Place, signers: dict[str, Signer]) -> None:
    """In the transaction that keeps the records. A record that is known already keeps the position it has."""
    where = {"organisation_id": place.organisation_id, "chain_id": place.chain_id, "store_id": place.store_id}
    by_hash = {each.record.hash: each for each in decisions}
    RecordHead.objects.get_or_create(
        organisation_id=place.organisation_id, store_id=place.store_id, defaults={"chain_id": place.chain_id}
    )
    head = RecordHead.objects.select_for_update().get(organisation_id=place.organisation_id, store_id=place.store_id)
    placed = set(
        RecordPosition.objects.filter(
            organisation_id=place.organisation_id, store_id=place.store_id, hash__in=list(by_hash)
        ).values_list("hash", flat=True)
    )
    fresh = [each for digest, each in by_hash.items() if digest not in placed]
    if not fresh:
        return
    assignments = _assignments(place, signers)
    rows = [
        RecordPosition(
            **where,
            position=head.position + number,
            hash=decision.record.hash,
            document=decision.record.document,
            received_at=decision.record.received_at,
            assignment_id=assignments.get(getattr(decision.record.content, "series", None)),
        )
        for number, decision in enumerate(fresh, 1)
    ]
    RecordPosition.objects.bulk_create(rows)
    head.position += len(rows)
    head.save(update_fields=["position"])


def _assignments(place: Place, signers: dict[str, Signer]) -> dict[object, UUID]:
    """Assignment of each E series of the devices that signed."""
    return dict(
        Assignment.objects.filter(
            organisation_id=place.organisation_id, device_id__in=[each.device_id for each in signers.values()]
        ).values_list("series_id", "pk")
    )
