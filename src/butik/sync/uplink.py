"""The store's own side of the sync, kept in its database: what is to be sent, and what has come down."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max, Min

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync import core
from butik.sync.core import Effect, Reader, Sender
from butik.sync.held import apply_entries
from butik.sync.kinds import FEED_KINDS
from butik.sync.models import SeenKey, SkippedItem, Uplink
from butik.sync.outbox_indexes import mend_indexes
from butik.sync.outgoing import LONG_AGO, Unread, is_its_own, note_skipped, waiting_items
from butik.sync.wire import ITEMS_LIMIT, FeedItem, FeedPage, Push, Pushed, PushItem

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)
BATCH_BYTES = 1024 * 1024
THIS = 1  # an exchange is begun and ended in one call, so one number for all of them will do
NOT_THIS = 2


# --- up ---


def sender_of(uplink: Uplink) -> Sender:
    return Sender(uplink.outbox, uplink.acked, uplink.chain_epoch)


def reader_of(uplink: Uplink) -> Reader:
    return Reader(uplink.feed_epoch, uplink.position, uplink.head, uplink.mark, uplink.sweeping)


def read_uplink() -> Uplink:
    uplink, _ = Uplink.objects.get_or_create(pk=1)
    return uplink


def has_unsent(organisation_id: UUID) -> bool:
    with tenant_scope([organisation_id]):
        acked = Uplink.objects.values_list("acked", flat=True).first() or 0
        return _unnumbered().exists() or OutboxItem.objects.filter(seq__gt=acked).exists()


def oldest_unacknowledged(organisation_id: UUID) -> datetime | None:
    """Not later than when the first thing came that the chain does not have; None when it has all, or there is none."""
    if not this_installation().chain_url:
        return None
    acked = Uplink.objects.values_list("acked", flat=True).first() or 0
    skipped = SkippedItem.objects.aggregate(since=Min("since"))["since"]
    rows = OutboxItem.objects.values_list("created_at", flat=True)
    try:
        with tenant_scope([organisation_id]):
            oldest = rows.filter(seq__gt=acked).order_by("seq").first()
            fresh = rows.filter(seq__isnull=True).order_by("id").first()
    except Exception as error:
        if not is_its_own(error):
            raise
        return LONG_AGO  # the sender is about to skip it; until then nothing counts as sent
    return min((each for each in (oldest, fresh, skipped) if each is not None), default=None)


# From here on what says "which and how many" is read from an index alone: a damaged row does not stop it. One
# organisation has an outbox at a service, so none is named (row-level security sees to that as well).


def _unnumbered() -> "QuerySet[OutboxItem]":
    skipped = SkippedItem.objects.filter(seq__isnull=True).values("item_id")
    return OutboxItem.objects.filter(seq__isnull=True).exclude(pk__in=skipped)


def number_items(organisation_id: UUID, now: datetime) -> None:
    """Give what was committed since the next numbers. Only the one sender does this, so numbers never overtake."""
    with tenant_scope([organisation_id]):
        if not _unnumbered().exists():
            return
    try:
        with tenant_scope([organisation_id]), transaction.atomic():
            _number(_unnumbered().order_by("id").values_list("id", flat=True)[:ITEMS_LIMIT])
    except Exception as error:
        if not is_its_own(error):
            raise
        if mend_indexes():
            number_items(organisation_id, now)
            return
        _number_one_by_one(organisation_id, now)


def _number(item_ids: Iterable[int]) -> None:
    Uplink.objects.select_for_update().get_or_create(pk=1)
    highest = OutboxItem.objects.aggregate(highest=Max("seq"))["highest"] or 0
    items = [OutboxItem(pk=item_id, seq=seq, uid=new_id()) for seq, item_id in enumerate(item_ids, highest + 1)]
    OutboxItem.objects.bulk_update(items, ["seq", "uid"], batch_size=ITEMS_LIMIT)


def _number_one_by_one(organisation_id: UUID, now: datetime) -> None:
    with tenant_scope([organisation_id]):
        item_ids = list(_unnumbered().order_by("id").values_list("id", flat=True)[:ITEMS_LIMIT])
    for item_id in item_ids:
        try:
            with tenant_scope([organisation_id]), transaction.atomic():
                _number([item_id])
        except Exception as error:
            if not is_its_own(error):
                raise
            note_skipped(organisation_id, [Unread(item_id, None, f"{type(error).__name__}: {error}")], now)


def next_push(store: Store, uplink: Uplink, status: dict[str, object] | None, now: datetime) -> Push:
    items: list[PushItem] = []
    size = 0
    for item in waiting_items(store.organisation_id, behind=uplink.acked, now=now):
        size += len(bytes(item.body))
        if items and size > BATCH_BYTES:
            break
        items.append(item)
    follows = own_uid(store.organisation_id, uplink, uplink.acked)
    return Push(uplink.outbox, items, follows, msgspec.Raw(msgspec.json.encode(status)))


def own_uid(organisation_id: UUID, uplink: Uplink, seq: int) -> UUID | None:
    """What number `seq` of our outbox is. None when there is none, or it cannot be read: then all is sent anew."""
    if seq and seq == uplink.acked and uplink.acked_uid:
        return uplink.acked_uid
    stand_in = SkippedItem.objects.filter(seq=seq).values_list("uid", flat=True).first()
    if stand_in:
        return stand_in
    try:
        with tenant_scope([organisation_id]):
            rows = OutboxItem.objects.filter(organisation_id=organisation_id, seq=seq)
            return rows.values_list("uid", flat=True).first()
    except Exception as error:
        if not is_its_own(error):
            raise
        return None


def take_push_answer(*, store: Store, began: Uplink, answer: Pushed, now: datetime) -> Uplink:
    """Keep what the chain said to the push that `began`."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        uplink = Uplink.objects.select_for_update().get(pk=1)
        exchange = THIS if sender_of(uplink) == sender_of(began) else NOT_THIS
        own = own_uid(store.organisation_id, uplink, answer.acked)
        sender, effects = core.take_push_answer(
            core.begin_push(sender_of(uplink), THIS),
            core.PushAnswer(exchange, answer.epoch, answer.outbox, answer.acked, answer.uid),
            own_uid=own,
            new_outbox=new_id(),
        )
        if sender.acked != uplink.acked:
            uplink.acked_uid = own if sender.acked else None
        if Effect.RENEW_OUTBOX in effects:
            SkippedItem.objects.all().delete()  # all is read and sent anew
        uplink.outbox, uplink.acked, uplink.chain_epoch = sender.outbox, sender.acked, sender.chain_epoch
        uplink.contact_at = now
        uplink.save(update_fields=["outbox", "acked", "acked_uid", "chain_epoch", "contact_at"])
    for effect in effects:
        logger.warning("Sync with the chain: %s", effect.value)
    return uplink


def has_news(uplink: Uplink, answer: Pushed) -> bool:
    """Whether the chain has what we have not read."""
    return (answer.epoch, answer.head) != (uplink.feed_epoch, uplink.position)


# --- down ---


def take_feed(*, store: Store, began: Uplink, page: FeedPage, now: datetime) -> tuple[Reader, tuple[Effect, ...]]:
    """Apply a page and keep how far we are, in one transaction."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        uplink = Uplink.objects.select_for_update().get(pk=1)
        exchange = THIS if reader_of(uplink) == reader_of(began) else NOT_THIS
        reader, effects = core.take_feed(
            core.begin_pull(reader_of(uplink), THIS),
            core.FeedAnswer(exchange, page.epoch, page.after, page.position, page.head, page.mark),
        )
        if Effect.FORGET_SEEN in effects:
            SeenKey.objects.all().delete()
        if Effect.APPLY in effects:
            apply_entries(store, page.entries, now)
            if reader.sweeping or Effect.SWEEP in effects:
                _note_seen(page.entries)
        if Effect.SWEEP in effects:
            _sweep(store, now)
        _keep_reader(uplink, reader)
    return reader, effects


def _note_seen(entries: Sequence[FeedItem]) -> None:
    seen = [SeenKey(kind=entry.kind, key=entry.key) for entry in entries]
    SeenKey.objects.bulk_create(seen, ignore_conflicts=True, batch_size=1000)


def _sweep(store: Store, now: datetime) -> None:
    """A chain that went back does not know all that we have from it; what it did not mention is dropped."""
    for name, kind in FEED_KINDS.items():
        seen = set(SeenKey.objects.filter(kind=name).values_list("key", flat=True))
        gone = [key for key in kind.keys(store) if key not in seen]
        if gone:
            kind.drop(store, gone, now)
    SeenKey.objects.all().delete()


def _keep_reader(uplink: Uplink, reader: Reader) -> None:
    uplink.feed_epoch, uplink.position, uplink.sweeping = reader.epoch, reader.position, reader.sweeping
    uplink.head, uplink.mark = reader.head, reader.mark
    uplink.save(update_fields=["feed_epoch", "position", "head", "mark", "sweeping"])
