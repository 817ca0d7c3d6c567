"""The chain takes what a store pushes: in order, once, and in the transaction that says so.

Nothing that one item can do stops those behind it: what cannot be applied is kept with its bytes and the reason.
Trouble of the machine refuses a push, and the store sends it again. So does a fault of this software that keeps out
all there is; when others come through, the one that it hits is put aside and tried again (`aside.py`).
"""

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from butik.changes.models import FeedHead
from butik.lib.bounds import MAX_PUSH_UNPACKED, MAX_STATUS
from butik.lib.clock import is_within
from butik.lib.faults import is_of_content, is_of_machine
from butik.lib.outside import BadDocument, read_json
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sales.reading import Record
from butik.sync import core
from butik.sync.aside import put_aside, remember, take_item
from butik.sync.kinds import OUTBOX_KINDS, RECORD, SKIPPED
from butik.sync.models import Inbox, StoreStatus, TakenItem
from butik.sync.wire import Push, Pushed, PushItem, decode_record, decode_status

logger = logging.getLogger(__name__)
CONTACT_EVERY = timedelta(seconds=5)  # how often it is written that a store which has nothing new is there
SILENCE = timedelta(seconds=60)
MOST_OUTBOXES = 20

Prepared = dict[UUID, Record]  # by the item's uid; one that cannot be read at all is not in it


def take_push(*, store: Store, push: Push, now: datetime) -> Pushed:
    epoch, prepared = this_installation().epoch, _prepare(store, push)
    with tenant_scope([store.organisation_id]), transaction.atomic():
        inbox = _lock_inbox(store, push, now)
        receiver, items = core.take_push(
            core.Receiver(push.outbox, inbox.applied, inbox.uid), push.items, follows=push.follows
        )
        _take_all(store, items, prepared, now)
        if items or not is_within(CONTACT_EVERY, inbox.contact_at, now):
            inbox.applied, inbox.uid, inbox.contact_at = receiver.applied, receiver.uid, now
            inbox.save(update_fields=["applied", "uid", "contact_at"])
            _note_contact(store, push, now)
        elif bytes(push.status) != b"null":
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
    inbox, is_new = Inbox.objects.get_or_create(
        organisation_id=store.organisation_id,
        store=store,
        outbox=push.outbox,
        defaults={"chain_id": store.chain_id, "contact_at": now},
    )
    if is_new:
        _forget_oldest(store)
    return inbox


def _forget_oldest(store: Store) -> None:
    """A store has one outbox, and another for each time that it was put back: of more than a few, the oldest go.

    One that comes again all the same is sent anew from its beginning, which books nothing twice.
    """
    rows = Inbox.objects.filter(organisation_id=store.organisation_id, store=store)
    kept = rows.order_by("-contact_at", "-id").values_list("pk", flat=True)[:MOST_OUTBOXES]
    rows.exclude(pk__in=list(kept)).delete()


def _note_contact(store: Store, push: Push, now: datetime) -> None:
    rows = StoreStatus.objects.filter(organisation_id=store.organisation_id, store=store)
    before, status = rows.first(), _read_status(store, push)
    if before is None:
        StoreStatus.objects.create(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            contact_at=now,
            figures=status or {},
        )
    else:
        figures = before.figures if status is None else status
        rows.update(contact_at=now, figures=figures)
    if status is not None or before is None or not is_within(SILENCE, before.contact_at, now):
        where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
        announce("status", **where, ref=store.id, at=now)


def _read_status(store: Store, push: Push) -> dict[str, Any] | None:
    """What a store says of itself, if it is no more than that: the items that came with it are taken all the same."""
    try:
        status = read_json(push.status, decode_status, limit=MAX_STATUS)
        return None if status is None else msgspec.to_builtins(status)
    except BadDocument as error:
        logger.warning("The status of store %s is not taken: %s", store.number, error)
        return None


def _take_all(store: Store, items: Sequence[PushItem], prepared: Prepared, now: datetime) -> None:
    faults = Faults()
    for kind, run in groupby(items, key=lambda item: item.kind):
        if kind == RECORD:
            _take_records(store, list(run), prepared, faults, now)
        else:
            _take_others(store, list(run), faults, now)
    faults.raise_if_general()
    for item, error in faults.failed:
        put_aside(store, item, now, error, again=True)


@dataclass(slots=True)
class Faults:
    """Items that a fault of this software kept out, beside those that came through."""

    failed: list[tuple[PushItem, Exception]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def raise_if_general(self) -> None:
        """It is not the item when none of its kind came through, and several tried, or when nothing came at all."""
        tried = Counter(item.kind for item, _ in self.failed)
        for item, error in self.failed:
            if not self.taken[item.kind] and (tried[item.kind] > 1 or not self.taken.total()):
                raise error


# --- records ---


def _prepare(store: Store, push: Push) -> Prepared:
    """Verify signatures before anybody is made to wait for the transaction."""
    readable = {}
    for item in push.items:
        if item.kind == RECORD:
            with suppress(BadDocument):
                said = read_json(item.body, decode_record, limit=MAX_PUSH_UNPACKED)
                readable[item.uid] = Item(said.received_at, said.document, said.revoked, said.accepted)
    records = prepare_records(store=store, items=list(readable.values())) if readable else []
    return dict(zip(readable, records, strict=True))


def _take_records(store: Store, items: Sequence[PushItem], prepared: Prepared, faults: Faults, now: datetime) -> None:
    """All at once; if that fails, one by one, so that the one at fault is found and stops nobody.

    What has been read as a record has nothing of its own that could be at fault here.
    """
    for item in items:
        if item.uid not in prepared:
            put_aside(store, item, now, BadDocument("the body is no record"))
    readable = [item for item in items if item.uid in prepared]
    try:
        with transaction.atomic():
            ingest_records(store=store, records=[prepared[item.uid] for item in readable], now=now)
            faults.taken[RECORD] += len(readable)
            return
    except Exception as error:
        if is_of_machine(error):
            raise
    for item in readable:
        try:
            with transaction.atomic():
                ingest_records(store=store, records=[prepared[item.uid]], now=now)
            faults.taken[RECORD] += 1
        except Exception as error:
            if is_of_machine(error):
                raise
            faults.failed.append((item, error))


# --- everything else ---


def _take_others(store: Store, items: Sequence[PushItem], faults: Faults, now: datetime) -> None:
    rows = TakenItem.objects.filter(organisation_id=store.organisation_id, store=store)
    known = rows.filter(uid__in=[item.uid for item in items]).values_list("uid", "kind")
    # what its store could not read then, and can now, was not taken
    taken = {uid for uid, kind in known if kind != SKIPPED}
    for item in items:
        if item.uid in taken:
            continue
        if item.kind not in OUTBOX_KINDS:  # the next version may know it
            put_aside(store, item, now, BadDocument("this version does not know the kind"), again=True)
            continue
        try:
            with transaction.atomic():
                take_item(store, item.kind, bytes(item.body), now)
                remember(store, item, now)
            faults.taken[item.kind] += 1
        except Exception as error:
            if is_of_machine(error):
                raise
            if is_of_content(error):
                put_aside(store, item, now, error)
            else:
                faults.failed.append((item, error))
