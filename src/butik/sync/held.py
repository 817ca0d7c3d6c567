"""Entries of the chain's feed that could not be applied: each is held by itself, and tried again until it can be."""

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction

from butik.lib.faults import is_of_machine
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync.kinds import FEED_KINDS, FeedKind
from butik.sync.models import HeldEntry
from butik.sync.wire import FeedItem

logger = logging.getLogger(__name__)


def apply_entries(store: Store, entries: Sequence[FeedItem], now: datetime) -> None:
    """Apply a page. An entry that cannot be applied stops none of the others; what cannot be applied at all, all."""
    for name, kind in FEED_KINDS.items():
        mine = [entry for entry in entries if entry.kind == name]
        if not mine:
            continue
        HeldEntry.objects.filter(kind=name, key__in=[entry.key for entry in mine]).delete()
        try:
            with transaction.atomic():
                kind.apply(mine, store, now)
        except Exception as error:
            if is_of_machine(error):
                raise
            _apply_one_by_one(store, kind, mine, now, error)


def _apply_one_by_one(
    store: Store, kind: FeedKind, entries: Sequence[FeedItem], now: datetime, error: Exception
) -> None:
    failed: list[tuple[FeedItem, Exception]] = []
    for entry in entries:
        try:
            with transaction.atomic():
                kind.apply([entry], store, now)
        except Exception as trouble:
            if is_of_machine(trouble):
                raise
            failed.append((entry, trouble))
    if len(failed) == len(entries) > 1:
        raise error
    for entry, why in failed:
        logger.error("%s %s of the chain cannot be applied; it is tried again: %r", entry.kind, entry.key, why)
        HeldEntry.objects.create(
            kind=entry.kind,
            key=entry.key,
            position=entry.position,
            body=bytes(entry.body).decode(errors="replace"),
            trouble=repr(why)[:300],
        )


def retry_held(store: Store, now: datetime) -> bool:
    """Whether one of those that were held could be applied at last."""
    has_changed = False
    for held in HeldEntry.objects.order_by("position")[:100]:
        entry = FeedItem(held.position, held.kind, held.key, msgspec.Raw(held.body.encode()))
        try:
            with tenant_scope([store.organisation_id]), transaction.atomic():
                FEED_KINDS[held.kind].apply([entry], store, now)
                held.delete()
                has_changed = True
        except Exception as error:
            if is_of_machine(error):
                raise
            logger.debug("%s %s cannot be applied yet: %r", held.kind, held.key, error)
    return has_changed
