"""Items of a store that could not be applied: kept with their bytes, and tried again when they were not at fault."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from butik.lib.bounds import MAX_PUSH_UNPACKED
from butik.lib.clock import now as clock_now
from butik.lib.faults import is_of_machine
from butik.lib.ids import new_id
from butik.lib.outside import read_json
from butik.lib.tenant import AnothersRow
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.ingest import Item, ingest_records, prepare_records
from butik.sync.kinds import OUTBOX_KINDS, RECORD, SKIPPED, NotReadByStore
from butik.sync.models import TakenItem
from butik.sync.wire import PushItem, decode_record

logger = logging.getLogger(__name__)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
AT_ONCE = 100


def take_item(store: Store, kind: str, body: bytes, now: datetime) -> None:
    """Apply an item that is not a record."""
    OUTBOX_KINDS[kind](store, body, now)


def remember(store: Store, item: PushItem, now: datetime, **more: object) -> None:
    fields = {"kind": item.kind, "taken_at": now, **more}
    row, is_new = TakenItem.objects.get_or_create(
        organisation_id=store.organisation_id, store=store, uid=item.uid, defaults={"id": new_id()} | fields
    )
    if row.kind == SKIPPED and not is_new:  # what its store could not read then, and can now
        TakenItem.objects.filter(pk=row.pk, organisation_id=store.organisation_id).update(
            **({"trouble": "", "body": "", "retry_at": None} | fields)
        )


def put_aside(store: Store, item: PushItem, now: datetime, error: Exception, *, again: bool = False) -> None:
    """Keep an item with its bytes. `again`: it is this software that failed, so it is tried again, and logged as an
    error, so that somebody sees it."""
    if isinstance(error, AnothersRow):
        logger.error("Store %s says something of another's row (%s): %s", store.number, item.kind, error)
    if isinstance(error, NotReadByStore):
        logger.error("Store %s cannot read something that it should tell: %s", store.number, error)
    level = logging.ERROR if again else logging.WARNING
    logger.log(level, "Item %s (%s) of store %s was put aside: %r", item.uid, item.kind, store.number, error)
    remember(
        store,
        item,
        now,
        trouble=repr(error)[:300],
        body=bytes(item.body).decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),
        retry_at=now + FIRST_PAUSE if again else None,
    )


def retry_aside(organisations: Sequence[UUID]) -> None:
    """The worker's job at a chain: try again what a fault of this software had kept out."""
    if this_installation().store_id is not None:
        return
    for organisation_id in organisations:
        with tenant_scope([organisation_id]):
            moment = clock_now()  # a clock that was ahead when it was put aside must not make it wait for years
            due = Q(retry_at__lte=moment) | Q(retry_at__gt=moment + LONGEST_PAUSE)
            rows = TakenItem.objects.filter(due, organisation_id=organisation_id)
            held = list(rows.select_related("store__chain").order_by("retry_at")[:AT_ONCE])
        for item in held:
            _retry(item, clock_now())


def _retry(item: TakenItem, now: datetime) -> None:
    try:
        with tenant_scope([item.organisation_id]), transaction.atomic():
            _take_again(item, now)
            item.trouble, item.body, item.retry_at = "", "", None
            item.save(update_fields=["trouble", "body", "retry_at"])
        logger.warning("Item %s (%s) of store %s was taken after all", item.uid, item.kind, item.store.number)
    except Exception as error:
        if is_of_machine(error):
            raise
        with tenant_scope([item.organisation_id]):
            pause = min(FIRST_PAUSE * 2 ** min(item.tries, 20), LONGEST_PAUSE)
            rows = TakenItem.objects.filter(pk=item.pk, organisation_id=item.organisation_id)
            rows.update(tries=item.tries + 1, retry_at=now + pause, trouble=repr(error)[:300])


def _take_again(item: TakenItem, now: datetime) -> None:
    body = item.body.encode()
    if item.kind != RECORD:
        take_item(item.store, item.kind, body, now)
        return
    said = read_json(body, decode_record, limit=MAX_PUSH_UNPACKED)
    items = [Item(said.received_at, said.document, said.revoked, said.accepted)]
    ingest_records(store=item.store, records=prepare_records(store=item.store, items=items), now=now)
