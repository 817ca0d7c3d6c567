"""Articles on their way from a chain to its stores: the feed kind `article` (docs/formats/sync.md)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
from django.db import transaction

from butik.articles.import_rows import (
    Incoming,
    Versioned,
    incoming_article,
    read_versioned,
    stage_articles,
    write_staged,
)
from butik.articles.import_run import ensure_groups
from butik.articles.models import Article
from butik.articles.rows import ArticleRow
from butik.lib.outside import read_as
from butik.live.actions import announce
from butik.organisation.models import Store

ARTICLE = "article"


class ArticleBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole article as it is; of one that is gone only `version` and `deleted`."""

    version: int = 0
    deleted: bool = False
    text: str = ""
    name: str = ""
    group: str = ""
    unit: str = "PCS"
    price: int = 0
    vat_rate: int = 0
    age_limit: int | None = None
    linked: str = ""
    blocked: bool = False
    barcodes: tuple[tuple[str, int], ...] = ()

    def row(self) -> ArticleRow | None:
        if self.deleted:
            return None
        return ArticleRow(
            text=self.text,
            name=self.name,
            group=self.group,
            unit=self.unit,
            price=self.price,
            vat_rate=self.vat_rate,
            age_limit=self.age_limit,
            linked=self.linked,
            is_blocked=self.blocked,
            codes=tuple(sorted(self.barcodes)),
        )


class Entry(Protocol):
    """A feed entry as it came over the wire."""

    @property
    def key(self) -> str: ...
    @property
    def body(self) -> bytes | msgspec.Raw: ...


def article_bodies(store: Store, keys: Sequence[str]) -> Mapping[str, ArticleBody]:
    """At the chain: the bodies of these numbers, also of deleted articles."""
    live = read_versioned(store.chain, keys)
    gone = Article.objects.filter(
        organisation_id=store.organisation_id, chain_id=store.chain_id, number__in=keys, is_deleted=True
    )
    bodies = {
        number: ArticleBody(version=version, deleted=True) for number, version in gone.values_list("number", "version")
    }
    for number, (row, version) in live.items():
        bodies[number] = ArticleBody(
            version=version,
            text=row.text,
            name=row.name,
            group=row.group,
            unit=row.unit,
            price=row.price,
            vat_rate=row.vat_rate,
            age_limit=row.age_limit,
            linked=row.linked,
            blocked=row.is_blocked,
            barcodes=row.codes,
        )
    return bodies


def apply_articles(entries: Sequence[Entry], store: Store, now: datetime) -> None:
    """At a store: take articles as the chain has them. Idempotent; what is as it should be is not written."""
    bodies = {entry.key: read_as(entry.body, ArticleBody) for entry in entries}
    known = read_versioned(store.chain, list(bodies))
    incoming = [each for number, body in bodies.items() if (each := _incoming(number, body, known))]
    if not incoming:
        return
    with transaction.atomic():
        ensure_groups(store.chain, {each.row.group for each in incoming if each.row.group})
        stage_articles(incoming)
        write_staged(store.chain, base=0, with_feed=False)
        announce("prices", organisation_id=store.organisation_id, chain_id=store.chain_id, at=now)


def _incoming(number: str, body: ArticleBody, known: Versioned) -> Incoming | None:
    old, version = known.get(number, (None, 0))
    new = body.row()
    if new == old and (body.version == version or new is None):
        return None
    each = incoming_article(body.version or version, number, old, new)
    # A code may come with its new owner before the old one is told to have lost it: whoever has it gives it up.
    return each._replace(gone=each.gone | each.codes)


def article_keys(store: Store) -> Iterable[str]:
    live = Article.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id).live()
    return list(live.values_list("number", flat=True))


def drop_articles(store: Store, keys: Sequence[str], now: datetime) -> None:
    """Take away articles that the chain has forgotten."""
    gone = msgspec.json.encode(ArticleBody(deleted=True))
    apply_articles([_Dropped(key, gone) for key in keys], store, now)


class _Dropped(msgspec.Struct, frozen=True):
    key: str
    body: bytes
