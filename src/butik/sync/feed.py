"""The chain answers a store that reads the feed."""

from collections import defaultdict
from uuid import UUID

import msgspec
from django.db.models import Q

from butik.changes.models import FeedEntry, FeedHead
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync import core
from butik.sync.kinds import FEED_KINDS
from butik.sync.wire import PAGE_LIMIT, FeedItem, FeedPage

DELETED = {"deleted": True}


def read_feed(*, store: Store, asked_epoch: UUID | None, after: int, limit: int) -> FeedPage:
    """No transaction: the head is read first and last, and the core tells what that is worth."""
    epoch, limit = this_installation().epoch, max(1, min(limit, PAGE_LIMIT))
    with tenant_scope([store.organisation_id]):
        head_before = _head(store)
        start = core.where_to_read(asked_epoch=asked_epoch, after=after, epoch=epoch, head=head_before)
        rows = FeedEntry.objects.filter(
            Q(store__isnull=True) | Q(store=store),
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            position__gt=start,
            kind__in=FEED_KINDS,
        )
        found = list(rows.order_by("position").values_list("position", "kind", "key")[:limit])
        bodies = _bodies(store, found)
        head_after = _head(store)
    answer = core.answer_feed(
        exchange=0,
        epoch=epoch,
        after=start,
        positions=[position for position, _, _ in found],
        limit=limit,
        head_before=head_before,
        head_after=head_after,
    )
    entries = [FeedItem(position, kind, key, bodies[kind, key]) for position, kind, key in found]
    return FeedPage(epoch, answer.after, answer.position, answer.head, entries)


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


def _head(store: Store) -> int:
    rows = FeedHead.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id)
    return rows.values_list("position", flat=True).first() or 0
