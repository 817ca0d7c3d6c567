"""The chain takes what a store pushes: in order, once, and in the transaction that says so.

Nothing that one item can do stops those behind it: what cannot be applied is kept with its bytes and the reason. Only
trouble with the database itself refuses a push; the store sends it again.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
from django.db import DataError, Error, IntegrityError, connection, transaction

from butik.changes.models import FeedHead
from butik.lib.clock import is_within
from butik.lib.ids import new_id
from butik.lib.tenant import AnothersRow
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sales.reading import Record
from butik.sync import core
from butik.sync.kinds import OUTBOX_KINDS, RECORD
from butik.sync.models import Inbox, StoreStatus, TakenItem
from butik.sync.wire import Push, Pushed, PushItem, decode_record

logger = logging.getLogger(__name__)
CONTACT_EVERY = timedelta(seconds=5)  # how often it is written that a store which has nothing new is there
SILENCE = timedelta(seconds=60)


def take_push(*, store: Store, push: Push, now: datetime) -> Pushed:
    epoch, prepared = this_installation().epoch, _prepare(store, push)
    with tenant_scope([store.organisation_id]), transaction.atomic():
        inbox = _lock_inbox(store, push, now)
        receiver, items = core.take_push(
            core.Receiver(push.outbox, inbox.applied, inbox.uid), push.items, follows=push.follows
        )
        for kind, run in groupby(items, key=lambda item: item.kind):
            if kind == RECORD:
                _take_records(store, list(run), prepared, now)
            else:
                _take_others(store, list(run), now)
        if items or not is_within(CONTACT_EVERY, inbox.contact_at, now):
            inbox.applied, inbox.uid, inbox.contact_at = receiver.applied, receiver.uid, now
            inbox.save(update_fields=["applied", "uid", "contact_at"])
            _note_contact(store, push, now)
        elif push.status is not None:
            _note_contact(store, push, now)
        head = FeedHead.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id)
        position = head.values_list("position", flat=True).first() or 0
    answer = core.answer_push(receiver, exchange=0, epoch=epoch)
    return Pushed(answer.epoch, answer.outbox, answer.acked, answer.uid, position, now.timestamp())


def _lock_inbox(store: Store, push: Push, now: datetime) -> Inbox:
    """One push of a store at a time, whatever outboxes it has had. On SQLite the transaction itself is the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [store.id.int >> 65])
    inbox, _ = Inbox.objects.get_or_create(
        organisation_id=store.organisation_id,
        store=store,
        outbox=push.outbox,
        defaults={"chain_id": store.chain_id, "contact_at": now},
    )
    return inbox


def _note_contact(store: Store, push: Push, now: datetime) -> None:
    rows = StoreStatus.objects.filter(organisation_id=store.organisation_id, store=store)
    before = rows.first()
    if before is None:
        StoreStatus.objects.create(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            contact_at=now,
            figures=push.status or {},
        )
    else:
        figures = before.figures if push.status is None else push.status
        rows.update(contact_at=now, figures=figures)
    if push.status is not None or before is None or not is_within(SILENCE, before.contact_at, now):
        where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
        announce("status", **where, ref=store.id, at=now)


# --- records ---

Prepared = dict[UUID, Record]  # by the item's uid; one that cannot be read at all is not in it


def _prepare(store: Store, push: Push) -> Prepared:
    """Verify signatures before anybody is made to wait for the transaction."""
    readable = {}
    for item in push.items:
        if item.kind == RECORD:
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                said = decode_record.decode(item.body)
                readable[item.uid] = Item(said.received_at, said.document, said.revoked, said.accepted)
    records = prepare_records(store=store, items=list(readable.values())) if readable else []
    return dict(zip(readable, records, strict=True))


def _take_records(store: Store, items: Sequence[PushItem], prepared: Prepared, now: datetime) -> None:
    """All at once; if that fails, one by one, so that the one at fault is found and stops nobody."""
    for item in items:
        if item.uid not in prepared:
            _put_aside(store, item, now, ValueError("the body is no record"))
    readable = [item for item in items if item.uid in prepared]
    try:
        with transaction.atomic():
            ingest_records(store=store, records=[prepared[item.uid] for item in readable], now=now)
            return
    except Exception as error:
        if not _is_its_own(error):
            raise
    for item in readable:
        try:
            with transaction.atomic():
                ingest_records(store=store, records=[prepared[item.uid]], now=now)
        except Exception as error:
            if not _is_its_own(error):
                raise
            _put_aside(store, item, now, error)


# --- everything else ---


def _take_others(store: Store, items: Sequence[PushItem], now: datetime) -> None:
    rows = TakenItem.objects.filter(organisation_id=store.organisation_id, store=store)
    taken = set(rows.filter(uid__in=[item.uid for item in items]).values_list("uid", flat=True))
    for item in items:
        if item.uid in taken:
            continue
        try:
            with transaction.atomic():
                _take(store, item, now)
                _remember(store, item, now)
        except Exception as error:
            if not _is_its_own(error):
                raise
            _put_aside(store, item, now, error)


def _take(store: Store, item: PushItem, now: datetime) -> None:
    take = OUTBOX_KINDS.get(item.kind)
    if take is None:
        raise ValueError("this version does not know the kind")
    take(store, bytes(item.body), now)


def _remember(store: Store, item: PushItem, now: datetime, trouble: str = "", body: str = "") -> None:
    TakenItem.objects.get_or_create(
        organisation_id=store.organisation_id,
        store=store,
        uid=item.uid,
        defaults={"id": new_id(), "kind": item.kind, "taken_at": now, "trouble": trouble[:300], "body": body},
    )


def _put_aside(store: Store, item: PushItem, now: datetime, error: Exception) -> None:
    if isinstance(error, AnothersRow):
        logger.error("Store %s says something of another's row (%s): %s", store.number, item.kind, error)
    else:
        logger.warning("Item %s (%s) of store %s was put aside: %r", item.uid, item.kind, store.number, error)
    _remember(store, item, now, trouble=repr(error), body=bytes(item.body).decode(errors="replace"))


def _is_its_own(error: Exception) -> bool:
    """Whether the item is at fault, and would be the next time: not the database, the disk or the machine."""
    return isinstance(error, DataError | IntegrityError) or not isinstance(error, Error | OSError | MemoryError)
