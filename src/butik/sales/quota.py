"""How much one device may put into quarantine in a day: a stolen till must not fill the disks of store and chain.

Never for a readable record with a good signature of a device that is not revoked. Beyond the quota a record is answered
as any other in quarantine, and one row of the device and day keeps how many there were, their size, and one hash over
the hashes of all.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.functions import Length

from butik.lib.bounds import MAX_QUARANTINE_DAY, MAX_QUARANTINE_DAY_REVOKED, QUARANTINE_ROW
from butik.organisation.tenancy import tenant_scope
from butik.sales.commit import Bearer, book_records
from butik.sales.journal import Decision, Outcome
from butik.sales.models import DeviceEvent, QuarantinedRecord, Sale, Series
from butik.sales.querysets import QuarantineQuerySet
from butik.sales.reading import Place, Reason, Record, Signer

logger = logging.getLogger(__name__)
_UNTRUSTED = frozenset(
    {Reason.UNREADABLE, Reason.UNKNOWN_KEY, Reason.BAD_SIGNATURE, Reason.REVOKED, Reason.NOT_APPROVED}
)


class Beyond(msgspec.Struct):
    """What the row of a device and day keeps of those beyond its quota."""

    records: int = 0
    bytes: int = 0


def book_within_quota(
    records: Sequence[Record], *, place: Place, bearer: Signer, forward: bool, now: datetime
) -> list[Decision]:
    """`book_records` for what a device brings; one decision for each, in the same order."""
    beyond = _beyond(records, place, bearer, now)
    kept = [each for number, each in enumerate(records) if number not in beyond]
    booked = iter(book_records(kept, place=place, bearer=Bearer(bearer.device_id, forward=forward), now=now))
    if beyond:
        _note([records[number] for number in sorted(beyond)], place, bearer, now)
    return [
        Decision(each, Outcome.QUARANTINED, Reason.OVER_QUOTA) if number in beyond else next(booked)
        for number, each in enumerate(records)
    ]


def _beyond(records: Sequence[Record], place: Place, bearer: Signer, now: datetime) -> set[int]:
    """The places in the list of those for which there is no room."""
    untrusted = [number for number, each in enumerate(records) if _is_untrusted(each, bearer)]
    if not untrusted:
        return set()
    with tenant_scope([place.organisation_id]):
        room = MAX_QUARANTINE_DAY_REVOKED if bearer.is_revoked else MAX_QUARANTINE_DAY
        room -= _used(_of_today(place, bearer, now))
        if sum(_cost(records[number]) for number in untrusted) <= room:
            return set()
        here = _hashes_here([records[number] for number in untrusted], place)
    beyond = set[int]()
    for number in untrusted:
        if records[number].hash in here:  # costs nothing
            continue
        if _cost(records[number]) > room:
            beyond.add(number)
        else:
            room -= _cost(records[number])
    return beyond


def _is_untrusted(record: Record, bearer: Signer) -> bool:
    return record.reason in _UNTRUSTED or (record.reason is Reason.FOREIGN and bearer.is_revoked)


def _cost(record: Record) -> int:
    return len(record.document) + QUARANTINE_ROW


def _of_today(place: Place, bearer: Signer, now: datetime) -> QuarantineQuerySet:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows: QuarantineQuerySet = QuarantinedRecord.objects.filter(
        organisation_id=place.organisation_id,
        store_id=place.store_id,
        device_id=bearer.device_id,
        received_at__gte=midnight,
    )
    return rows


def _used(rows: QuarantineQuerySet) -> int:
    found = rows.order_by().aggregate(records=Count("pk"), size=Sum(Length("document")))
    return int(found["size"] or 0) + int(found["records"]) * QUARANTINE_ROW


def _hashes_here(records: Sequence[Record], place: Place) -> set[str]:
    """Of those that the journal or the quarantine has already."""
    of_store = {"organisation_id": place.organisation_id, "store_id": place.store_id}
    held = QuarantinedRecord.objects.filter(**of_store, hash__in=[each.hash for each in records])
    here = set(held.values_list("hash", flat=True))
    contents = [each.content for each in records if each.content is not None]
    ids = [each.id for each in contents]
    here |= set(Sale.objects.filter(**of_store, pk__in=ids).values_list("hash", flat=True))
    here |= set(DeviceEvent.objects.filter(**of_store, pk__in=ids).values_list("hash", flat=True))
    series: set[UUID] = {each.series for each in contents if hasattr(each, "series")}
    for pair in Series.objects.filter(**of_store, pk__in=series).values_list("opening_hash", "closing_hash"):
        here |= set(pair)
    return here


def _note(records: Sequence[Record], place: Place, bearer: Signer, now: datetime) -> None:
    with tenant_scope([place.organisation_id]), transaction.atomic():
        rows = _of_today(place, bearer, now).filter(reason=Reason.OVER_QUOTA).waiting().select_for_update()
        row = rows.first()
        is_first = row is None
        if row is None:
            row = QuarantinedRecord(
                organisation_id=place.organisation_id,
                chain_id=place.chain_id,
                store_id=place.store_id,
                device_id=bearer.device_id,
                reason=Reason.OVER_QUOTA,
                received_at=now,
            )
        beyond = msgspec.json.decode(row.document, type=Beyond) if row.document else Beyond()
        beyond.records += len(records)
        beyond.bytes += sum(len(each.document) for each in records)
        row.document = msgspec.json.encode(beyond).decode()
        row.hash = sha256("".join([row.hash or row.pk.hex, *(each.hash for each in records)]).encode()).hexdigest()
        row.detail = f"{beyond.records} records, {beyond.bytes} bytes"
        row.save()
    if is_first:
        logger.error(
            "The device of POS %s has put more into quarantine today (%s) than is kept of one device and day%s: "
            "of what follows, only number and size are. Look at what it sends.",
            bearer.pos_number,
            now.astimezone(UTC).date(),
            "; it has been revoked" if bearer.is_revoked else "",
        )
