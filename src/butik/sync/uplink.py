"""The store's own side of the sync, kept in its database: what is to be sent, and what has come down."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.outgoing import record_bodies
from butik.sync import core
from butik.sync.core import Effect, Reader, Sender
from butik.sync.held import apply_entries
from butik.sync.kinds import FEED_KINDS, RECORD
from butik.sync.models import SeenKey, Uplink
from butik.sync.wire import ITEMS_LIMIT, FeedItem, FeedPage, Push, Pushed, PushItem

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
        rows = OutboxItem.objects.filter(organisation_id=organisation_id)
        acked = Uplink.objects.values_list("acked", flat=True).first() or 0
        return rows.filter(seq__isnull=True).exists() or rows.filter(seq__gt=acked).exists()


def oldest_unacknowledged(organisation_id: UUID) -> datetime | None:
    """When the first thing came that the chain does not have; None when it has all, or there is no chain."""
    if not this_installation().chain_url:
        return None
    acked = Uplink.objects.values_list("acked", flat=True).first() or 0
    rows = OutboxItem.objects.filter(organisation_id=organisation_id)
    oldest = rows.filter(seq__gt=acked).order_by("seq").values_list("created_at", flat=True).first()
    fresh = rows.filter(seq__isnull=True).order_by("id").values_list("created_at", flat=True).first()
    return min((each for each in (oldest, fresh) if each is not None), default=None)


def number_items(organisation_id: UUID) -> None:
    """Give what was committed since the next numbers. Only the one sender does this, so numbers never overtake."""
    with tenant_scope([organisation_id]):
        if not OutboxItem.objects.filter(organisation_id=organisation_id, seq__isnull=True).exists():
            return
    with tenant_scope([organisation_id]), transaction.atomic():
        Uplink.objects.select_for_update().get_or_create(pk=1)
        rows = OutboxItem.objects.filter(organisation_id=organisation_id)
        highest = rows.aggregate(highest=Max("seq"))["highest"] or 0
        items = list(rows.filter(seq__isnull=True).order_by("id").only("id")[:ITEMS_LIMIT])
        for seq, item in enumerate(items, highest + 1):
            item.seq, item.uid = seq, new_id()
        OutboxItem.objects.bulk_update(items, ["seq", "uid"], batch_size=ITEMS_LIMIT)


def next_push(store: Store, uplink: Uplink, status: dict[str, object] | None) -> Push:
    with tenant_scope([store.organisation_id]):
        rows = OutboxItem.objects.filter(organisation_id=store.organisation_id)
        waiting = list(rows.filter(seq__gt=uplink.acked).order_by("seq")[:ITEMS_LIMIT])
        refs = [item.ref for item in waiting if item.kind == RECORD and not item.body]
        bodies = record_bodies(organisation_id=store.organisation_id, refs=refs) if refs else {}
        follows = uid_of(store.organisation_id, uplink.acked)
    items: list[PushItem] = []
    size = 0
    for item in waiting:
        body = (item.body or bodies.get(item.ref, "null")).encode()
        size += len(body)
        if items and size > BATCH_BYTES:
            break
        items.append(PushItem(item.seq or 0, item.uid or item.ref, item.kind, msgspec.Raw(body)))
    return Push(uplink.outbox, items, follows, msgspec.Raw(msgspec.json.encode(status)))


def uid_of(organisation_id: UUID, seq: int) -> UUID | None:
    rows = OutboxItem.objects.filter(organisation_id=organisation_id, seq=seq)
    return rows.values_list("uid", flat=True).first()


def take_push_answer(*, store: Store, began: Uplink, answer: Pushed, now: datetime) -> Uplink:
    """Keep what the chain said to the push that `began`."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        uplink = Uplink.objects.select_for_update().get(pk=1)
        exchange = THIS if sender_of(uplink) == sender_of(began) else NOT_THIS
        sender, effects = core.take_push_answer(
            core.begin_push(sender_of(uplink), THIS),
            core.PushAnswer(exchange, answer.epoch, answer.outbox, answer.acked, answer.uid),
            own_uid=uid_of(store.organisation_id, answer.acked),
            new_outbox=new_id(),
        )
        uplink.outbox, uplink.acked, uplink.chain_epoch = sender.outbox, sender.acked, sender.chain_epoch
        uplink.contact_at = now
        uplink.save(update_fields=["outbox", "acked", "chain_epoch", "contact_at"])
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
