"""What devices bring here is booked as at a store, and gets a place in the order in which the store reads it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.emergency.models import Assignment, RecordHead, RecordPosition
from butik.organisation.tenancy import tenant_scope
from butik.sales.journal import Decision
from butik.sales.quota import book_within_quota
from butik.sales.reading import Opened, Place, Reason, Record, Signer, open_record, read_record
from butik.sales.signers import load_signers
from butik.vault.models import NewDevice


def receive_records(documents: Sequence[str], *, place: Place, bearer: Signer, now: datetime) -> list[Decision]:
    """Keep every record, booked or quarantined, with its position; one decision for each, in the same order.

    What a device has made that no person has approved (a rescue by another one) is kept aside and gets no position: no
    store may take for booked what is not booked here.
    """
    opened = [open_record(each) for each in documents]
    signers, unapproved = {bearer.kid: bearer}, set[str]()
    others = {each.kid for each in opened} - {bearer.kid, ""}
    if others:
        with tenant_scope([place.organisation_id]):
            signers |= load_signers(place=place, kids=others)
            unapproved = _unapproved(place, others - signers.keys())
    records = [
        _read(each, place, signers, now) if each.kid not in unapproved else _hold_back(each, now) for each in opened
    ]
    with tenant_scope([place.organisation_id]), transaction.atomic():
        decisions = book_within_quota(records, place=place, bearer=bearer, forward=False, now=now)
        kept = [
            each.record
            for each in decisions
            if each.record.reason is not Reason.NOT_APPROVED and each.reason is not Reason.OVER_QUOTA
        ]
        give_positions(kept, place, signers)
    return decisions


def _read(opened: Opened, place: Place, signers: dict[str, Signer], now: datetime) -> Record:
    return read_record(opened, place=place, signers=signers, received_at=now)


def _hold_back(opened: Opened, now: datetime) -> Record:
    """Whose signature it bears is seen when the device is approved."""
    return Record(opened.document, opened.hash, now, None, Reason.NOT_APPROVED, opened.kid)


def _unapproved(place: Place, kids: set[str]) -> set[str]:
    rows = NewDevice.objects.filter(organisation_id=place.organisation_id, kid__in=kids)
    return set(rows.exclude(state=NewDevice.State.APPROVED).values_list("kid", flat=True))


def give_positions(records: Sequence[Record], place: Place, signers: dict[str, Signer]) -> None:
    """In the transaction that keeps the records. A record that is known already keeps the position it has."""
    where = {"organisation_id": place.organisation_id, "chain_id": place.chain_id, "store_id": place.store_id}
    by_hash = {each.hash: each for each in records}
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
            hash=each.hash,
            document=each.document,
            received_at=each.received_at,
            assignment_id=assignments.get(getattr(each.content, "series", None)),
        )
        for number, each in enumerate(fresh, 1)
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
