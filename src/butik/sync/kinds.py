"""The one table of what is carried: who reads a kind's bodies on one side, and who takes them on the other."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec
from django.db import IntegrityError, transaction

from butik.articles.feed import apply_articles, article_bodies, article_keys, drop_articles
from butik.error_log.actions import take_in
from butik.lib.outside import BadDocument, read_as
from butik.lib.tenant import AnothersRow
from butik.organisation.models import Store
from butik.organisation.pairing import pairing_of
from butik.pricing.actions import publish_prices
from butik.sales.assignments import read_assignment, register_assigned
from butik.sales.enrolment import register_device
from butik.staff.actions import assistant_body, take_assistant
from butik.staff.models import ShopAssistant
from butik.sync.store_bodies import apply_store, store_bodies, take_pos
from butik.sync.wire import FeedItem, SkippedBody

logger = logging.getLogger(__name__)
RECORD = "record"
SKIPPED = "skipped"


# --- up: what the chain does with an item of a store's outbox (records go to `sales` in batches: `inbox.py`) ---

TakeItem = Callable[[Store, bytes, datetime], object]


class DeviceBody(msgspec.Struct, frozen=True):
    """A device by its enrolment, or (rebuilt store) by what the emergency cloud has said of it."""

    enrolment: str = ""
    key: str = ""
    state: str = ""
    assignment: str = ""


def take_device(store: Store, body: bytes, now: datetime) -> None:
    said = read_as(body, DeviceBody)
    if said.assignment:
        pairing = pairing_of(store.chain)
        if pairing is None:
            raise BadDocument("this chain has no emergency cloud")
        register_assigned(store=store, assignment=read_assignment(said.assignment, pairing.key_bytes, store), now=now)
        return
    register_device(store=store, enrolment=said.enrolment, key=said.key, state=said.state, now=now)


def take_assistant_from_store(store: Store, body: bytes, now: datetime) -> None:
    take_assistant(
        organisation_id=store.organisation_id, chain_id=store.chain_id, store_id=store.id, body=body, now=now
    )


def take_error(store: Store, body: bytes, now: datetime) -> None:
    take_in(organisation_id=store.organisation_id, chain_id=store.chain_id, store_id=store.id, body=body, now=now)


def take_backup_report(store: Store, body: bytes, now: datetime) -> None:
    from butik.readiness.actions import take_backup  # an app of the chain's role alone

    take_backup(store=store, body=body, now=now)


class NotReadByStore(BadDocument):
    """A store names an item that it cannot read itself."""


def take_skipped(store: Store, body: bytes, now: datetime) -> None:
    """There is nothing to apply: it is put aside, and its reason is said."""
    said = read_as(body, SkippedBody)
    raise NotReadByStore(f"{said.kind or 'an item'} {said.ref or ''}: {said.reason}")


OUTBOX_KINDS: Mapping[str, TakeItem] = {
    "assistant": take_assistant_from_store,
    "backup": take_backup_report,
    "device": take_device,
    "error": take_error,
    "pos": take_pos,
    SKIPPED: take_skipped,
}


# --- down: how the chain reads the bodies of a feed's keys, and how a store applies them ---


@dataclass(frozen=True, slots=True)
class FeedKind:
    """`load` leaves out what is gone (it goes down as deleted); `drop` takes away what the chain has forgotten."""

    load: Callable[[Store, Sequence[str]], Mapping[str, object]]
    apply: Callable[[Sequence[FeedItem], Store, datetime], None]
    keys: Callable[[Store], Iterable[str]]
    drop: Callable[[Store, Sequence[str], datetime], None]


def assistant_bodies(store: Store, keys: Sequence[str]) -> Mapping[str, object]:
    found = ShopAssistant.objects.filter(organisation_id=store.organisation_id, store=store, pk__in=keys)
    return {str(each.pk): msgspec.Raw(assistant_body(each).encode()) for each in found}


def apply_assistants(entries: Sequence[FeedItem], store: Store, now: datetime) -> None:
    for entry in entries:
        try:
            with transaction.atomic():
                take_assistant_from_store(store, bytes(entry.body), now)
        except AnothersRow as error:
            logger.error("The chain tells of an assistant who is another store's: not taken (%s)", error)
        except IntegrityError:
            # made on both sides with one number; a person must give one of the two another
            logger.warning("Assistant %s of the chain has a number that is taken here", entry.key)


def assistant_keys(store: Store) -> Iterable[str]:
    rows = ShopAssistant.objects.filter(organisation_id=store.organisation_id, store=store, is_active=True)
    return [str(key) for key in rows.values_list("pk", flat=True)]


def drop_assistants(store: Store, keys: Sequence[str], now: datetime) -> None:
    """Closed, not deleted, and without a new revision: one that the chain learns of again is open again."""
    ShopAssistant.objects.filter(organisation_id=store.organisation_id, store=store, pk__in=keys).update(
        is_active=False
    )


class AtHead(Protocol):
    """What a store does when it has all that the chain has. Called now and then without news, so it looks first."""

    def __call__(self, *, store: Store, position: int, now: datetime) -> object: ...


AT_HEAD: Sequence[AtHead] = (publish_prices,)

FEED_KINDS: Mapping[str, FeedKind] = {
    "article": FeedKind(article_bodies, apply_articles, article_keys, drop_articles),
    "assistant": FeedKind(assistant_bodies, apply_assistants, assistant_keys, drop_assistants),
    "store": FeedKind(store_bodies, apply_store, lambda store: (), lambda store, keys, now: None),
}
