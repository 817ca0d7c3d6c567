"""Reading the outbox. What cannot be read is skipped and named, so that a damaged page stops nothing behind it.

The chain takes items by their numbers without a gap, so one of kind `skipped` stands in the place of the unread one:
with its number, its `uid` if that can still be read (else one that is kept from then on), and the reason. When the item
can be read again it is put into the outbox once more.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import Error, transaction

from butik.changes.actions import put_in_outbox
from butik.changes.models import OutboxItem
from butik.lib.bounds import MAX_PUSH_UNPACKED
from butik.lib.ids import new_id
from butik.lib.outside import BadDocument, read_anything
from butik.lib.storage import is_damaged
from butik.organisation.tenancy import tenant_scope
from butik.sales.outgoing import record_bodies, sales_received
from butik.sync.kinds import RECORD, SKIPPED
from butik.sync.models import SkippedItem
from butik.sync.outbox_indexes import mend_indexes
from butik.sync.wire import ITEMS_LIMIT, PushItem, SkippedBody

logger = logging.getLogger(__name__)
NEIGHBOURS = 500  # how far to look for an item that can be read; a page holds some forty
AT_ONCE = 100
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WITHOUT_DOCUMENT = "its document is not where it was kept"


@dataclass(slots=True)
class Unread(Exception):
    """An item that cannot be read, as far as it is known."""

    item_id: int
    seq: int | None
    reason: str
    uid: UUID | None = None
    kind: str = ""
    ref: UUID | None = None
    since: datetime | None = None


def waiting_items(organisation_id: UUID, *, behind: int, now: datetime) -> list[PushItem]:
    """The next items to send, in order; those that cannot be read as what stands in their place."""
    try:
        with tenant_scope([organisation_id]):
            rows = OutboxItem.objects.filter(organisation_id=organisation_id, seq__gt=behind)
            waiting = list(rows.order_by("seq")[:ITEMS_LIMIT])
            refs = [item.ref for item in waiting if item.kind == RECORD and not item.body]
            bodies = record_bodies(organisation_id=organisation_id, refs=refs) if refs else {}
            return [_push_item(item, bodies) for item in waiting]
    except Exception as error:
        if not is_its_own(error):
            raise
        mend_indexes()  # what comes next reads them alone
    return _one_by_one(organisation_id, behind, now)


def is_its_own(error: Exception) -> bool:
    """Whether what is stored is at fault: not the line to the database, a lock or the memory."""
    if isinstance(error, Unread) or is_damaged(error):
        return True
    if isinstance(error, Error):  # SQLite: bytes that are no text any more
        return "decode" in str(error).lower()
    return isinstance(error, ValueError | TypeError | OverflowError)


def _push_item(item: OutboxItem, bodies: dict[UUID, str]) -> PushItem:
    seq, uid = int(item.seq or 0), item.uid or item.ref
    body = item.body or bodies.get(item.ref, "")
    known: dict[str, Any] = {"uid": uid, "kind": str(item.kind), "ref": item.ref, "since": item.created_at}
    if not body:
        raise Unread(item.pk, seq, WITHOUT_DOCUMENT, **known)
    packed = body.encode()
    if item.kind != RECORD or item.body:  # what was written here itself is JSON; what lies in a row may have changed
        try:
            read_anything(packed, limit=MAX_PUSH_UNPACKED)
        except BadDocument as error:
            raise Unread(item.pk, seq, f"its body is damaged: {error}", **known) from error
    return PushItem(seq, uid, item.kind, msgspec.Raw(packed))


# --- what cannot be read ---


def _one_by_one(organisation_id: UUID, behind: int, now: datetime) -> list[PushItem]:
    """Numbers and ids are read from their index alone, so that they are known of a damaged row too."""
    with tenant_scope([organisation_id]):
        places = OutboxItem.objects.filter(seq__gt=behind).order_by("seq").values_list("id", "seq")[:ITEMS_LIMIT]
        found = [_read(organisation_id, item_id, seq) for item_id, seq in places]
    unread = [each for each in found if isinstance(each, Unread)]
    kept = note_skipped(organisation_id, unread, now)
    return [_stand_in(each, kept[each.item_id]) if isinstance(each, Unread) else each for each in found]


def _read(organisation_id: UUID, item_id: int, seq: int | None) -> PushItem | Unread:
    known: dict[str, Any] = {}
    try:
        with tenant_scope([organisation_id]):
            item = OutboxItem.objects.get(pk=item_id)
            known = {"uid": item.uid, "kind": str(item.kind), "ref": item.ref, "since": item.created_at}
            has_body = bool(item.body) or item.kind != RECORD
            bodies = {} if has_body else record_bodies(organisation_id=organisation_id, refs=[item.ref])
            return _push_item(item, bodies)
    except Unread as unread:
        return unread
    except OutboxItem.DoesNotExist:
        return Unread(item_id, seq, "its row is not where it was kept")
    except Exception as error:
        if not is_its_own(error):
            raise
        return Unread(item_id, seq, f"{type(error).__name__}: {error}"[:300], **known)


def _stand_in(unread: Unread, uid: UUID) -> PushItem:
    body = SkippedBody(unread.kind[:20], unread.ref, unread.reason[:300])
    return PushItem(unread.seq or 0, uid, SKIPPED, msgspec.Raw(msgspec.json.encode(body)))


def note_skipped(organisation_id: UUID, unread: Sequence[Unread], now: datetime) -> dict[int, UUID]:
    """Keep which they are, once; return the uid of each. A sale whose item alone is damaged is put in again at once."""
    known = dict(SkippedItem.objects.values_list("item_id", "uid"))
    fresh = [each for each in unread if each.item_id not in known]
    if not fresh:
        return known
    with tenant_scope([organisation_id]):
        since, until = _when_made(organisation_id, fresh, now)
    with tenant_scope([organisation_id]), transaction.atomic():
        for each in fresh:
            known[each.item_id] = each.uid or new_id()
            SkippedItem.objects.create(
                item_id=each.item_id,
                seq=each.seq,
                uid=known[each.item_id],
                reason=each.reason[:300],
                since=each.since or since,
            )
    logger.error(
        "%d items for the chain cannot be read and are skipped: the database is damaged. Numbers %s; the first: %s",
        len(fresh),
        _names(fresh),
        fresh[0].reason,
    )
    if any(each.ref is None for each in fresh):
        _put_sales_again(organisation_id, since, until, now)
    return known


def _names(unread: Iterable[Unread]) -> str:
    return ", ".join(str(each.seq or "none yet") for each in unread)[:200]


def _when_made(organisation_id: UUID, unread: Sequence[Unread], now: datetime) -> tuple[datetime, datetime]:
    """Between which two readable items they were made."""
    numbers = [each.seq for each in unread if each.seq]
    rows = OutboxItem.objects.filter(seq__isnull=False).values_list("id", flat=True)
    before = rows.filter(seq__lt=min(numbers)) if numbers else rows
    behind = rows.filter(seq__gt=max(numbers)) if numbers else rows.none()
    since = _first_made(organisation_id, before.order_by("-seq")[:NEIGHBOURS])
    until = _first_made(organisation_id, behind.order_by("seq")[:NEIGHBOURS])
    return since or LONG_AGO, until or now


def _first_made(organisation_id: UUID, item_ids: Iterable[int]) -> datetime | None:
    for item_id in item_ids:
        try:
            with tenant_scope([organisation_id]):
                made: datetime = OutboxItem.objects.values_list("created_at", flat=True).get(pk=item_id)
                return made
        except Exception as error:
            if not is_its_own(error):
                raise
    return None


def _put_sales_again(organisation_id: UUID, since: datetime, until: datetime, now: datetime) -> None:
    """Items whose rows are lost named sales that are not: all of their time are told again, and counted once."""
    try:
        with tenant_scope([organisation_id]), transaction.atomic():
            for sale_id in sales_received(organisation_id=organisation_id, since=since, until=until):
                put_in_outbox(kind=RECORD, organisation_id=organisation_id, at=now, ref=sale_id)
    except Exception as error:
        if not is_its_own(error):
            raise
        logger.error("Nor can the sales of that time be told again: %s", error)


def take_up_skipped(organisation_id: UUID, *, acked: int, now: datetime) -> None:
    """What can be read again goes into the outbox once more, behind everything else; what the chain has is forgotten.

    Until then it counts as not passed on, and its device keeps it.
    """
    with tenant_scope([organisation_id]):
        arrived = OutboxItem.objects.filter(seq__lte=acked, pk__in=SkippedItem.objects.values("again"))
        arrived = arrived.exclude(pk__in=SkippedItem.objects.values("item_id"))  # the second may get damaged too
        SkippedItem.objects.filter(again__in=list(arrived.values_list("pk", flat=True))).delete()
    for skipped in SkippedItem.objects.filter(again__isnull=True).order_by("item_id")[:AT_ONCE]:
        found = _read(organisation_id, skipped.item_id, skipped.seq)
        if isinstance(found, Unread):
            continue
        with tenant_scope([organisation_id]), transaction.atomic():
            item = OutboxItem.objects.get(pk=skipped.item_id)
            skipped.again = put_in_outbox(
                kind=item.kind, organisation_id=organisation_id, at=now, ref=item.ref, body=item.body
            )
            skipped.save(update_fields=["again"])
        logger.warning("Item %s for the chain can be read again, and is sent.", skipped.seq)
