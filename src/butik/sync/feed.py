"""The chain answers a store that reads the feed."""

import logging
from collections import defaultdict
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Q

from butik.changes.actions import leap_feed
from butik.changes.models import FeedEntry, FeedHead, FeedMove
from butik.lib.clock import now
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync import core
from butik.sync.core import Cursor
from butik.sync.kinds import FEED_KINDS
from butik.sync.wire import PAGE_LIMIT, FeedItem, FeedPage

log = logging.getLogger(__name__)
DELETED = {"deleted": True}


def read_feed(*, store: Store, cursor: Cursor, limit: int) -> FeedPage:
    """No transaction: the head is read first and last, and the core says what that is worth."""
    epoch, limit = this_installation().epoch, max(1, min(limit, PAGE_LIMIT))
    with tenant_scope([store.organisation_id]):
        mark = _mark_of(store, cursor.head)
    if cursor.epoch == epoch and cursor.mark and cursor.mark != mark:
        _leap(store)
    with tenant_scope([store.organisation_id]):
        head, _ = _head(store)
        after = core.where_to_read(cursor, epoch=epoch, mark=mark)
        rows = FeedEntry.objects.filter(
            Q(store__isnull=True) | Q(store=store),
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            position__gt=after,
            kind__in=FEED_KINDS,
        )
        found = list(rows.order_by("position").values_list("position", "kind", "key")[:limit])
        positions = [position for position, _, _ in found]
        position = core.position_covered(after=after, positions=positions, limit=limit, head=head)
        bodies = _bodies(store, found)
        head, mark = _head(store)
    entries = [FeedItem(position, kind, key, bodies[kind, key]) for position, kind, key in found]
    return FeedPage(epoch, after, position, head, mark, entries)


def _leap(store: Store) -> None:
    """The store has read a history of ours that we do not know: this chain was put back, and nobody has said so."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        has_leapt = leap_feed(organisation_id=store.organisation_id, chain_id=store.chain_id, at=now())
    if has_leapt:
        log.warning(
            "Store %s has read what this chain does not know: the chain was put back to an older state, and counts on"
            " behind it.",
            store.number,
        )


def _bodies(store: Store, found: list[tuple[int, str, str]]) -> dict[tuple[str, str], msgspec.Raw]:
    keys = defaultdict(list)
    for _, kind, key in found:
        keys[kind].append(key)
    bodies = {}
    for kind, some in keys.items():
        loaded = FEED_KINDS[kind].load(store, some)
        for key in some:
            bodies[kind, key] = msgspec.Raw(msgspec.json.encode(loaded.get(key, DELETED)))
    return bodies


def _head(store: Store) -> tuple[int, UUID | None]:
    rows = FeedHead.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id)
    return rows.values_list("position", "mark").first() or (0, None)


def _mark_of(store: Store, head: int) -> UUID | None:
    """What tells our history from another in which the head was there too."""
    rows = FeedMove.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id, position=head)
    return rows.values_list("id", flat=True).first()
