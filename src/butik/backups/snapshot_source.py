"""What an emergency needs of a store, read in one transaction: the state of one moment, also while it sells."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec
from django.db import connection, transaction

from butik import __version__
from butik.changes.models import FeedHead
from butik.lib.clock import now, to_wire
from butik.lib.signing import encode
from butik.organisation.installation import this_installation
from butik.organisation.models import Device, Pos, Store
from butik.organisation.tenancy import narrow_scope
from butik.pricing.models import PriceFile
from butik.sales.models import Series
from butik.snapshot import format as rows
from butik.snapshot.write import Content
from butik.staff.models import ShopAssistant
from butik.sync.models import Uplink
from butik.sync.store_bodies import describe_store

# Written by hand: the ORM takes three times as long for many thousands of rows.
_ARTICLES = """
    SELECT a.number, a.receipt_text, a.name, COALESCE(g.name, ''), a.unit, a.price, a.vat_rate, a.age_limit,
           a.linked_number, a.is_blocked, a.version
    FROM articles_article a
    LEFT JOIN articles_articlegroup g ON g.id = a.group_id
    WHERE a.organisation_id = %s AND a.chain_id = %s AND NOT a.is_deleted
    ORDER BY a.number
"""
_BARCODES = """
    SELECT b.code, a.number, b.quantity_milli
    FROM articles_barcode b JOIN articles_article a ON a.id = b.article_id
    WHERE b.organisation_id = %s AND b.chain_id = %s AND NOT a.is_deleted
    ORDER BY b.code
"""


def read_content(store: Store, *, at: datetime | None = None) -> Content:
    """Everything in memory when this returns, so nobody waits for us while the file is written.

    No transaction may be open. Takes no write lock: sales go on.
    """
    with one_moment(store.organisation_id):
        fresh = Store.objects.select_related("organisation", "company", "chain").get(pk=store.pk)
        tree = msgspec.to_builtins(describe_store(fresh))
        return Content(
            meta={
                "format": rows.FORMAT,
                "org": str(fresh.organisation_id),
                "chain": str(fresh.chain_id),
                "store": str(fresh.id),
                "made_at": to_wire(at or now()),
                "position": str(_position(fresh)),
                "app": __version__,
                "tree": json.dumps({name: tree[name] for name in ("organisation", "company", "chain", "store")}),
            },
            articles=cast(list[rows.Article], _select(_ARTICLES, fresh)),
            barcodes=cast(list[rows.Barcode], _select(_BARCODES, fresh)),
            price_file=_price_file(fresh),
            assistants=_assistants(fresh),
            poss=_poss(fresh),
            devices=_devices(fresh),
            series=_series(fresh),
        )


@contextmanager
def one_moment(organisation_id: UUID) -> Iterator[None]:
    """A read-only transaction in which every statement sees the same state, in the scope of one organisation."""
    if connection.vendor == "postgresql":
        within = connection.in_atomic_block  # only in a test's own transaction; any other is refused
        with transaction.atomic(durable=True):
            if not within:
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            narrow_scope([organisation_id])
            yield
        return
    if connection.in_atomic_block:
        yield  # SQLite shows a transaction one moment whatever it is
        return
    # Django's own transactions begin as writers and would keep sales waiting at the gate; this one only reads.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _position(store: Store) -> int:
    """Of the feed: the chain's, as far as we have read it, or our own when we stand alone."""
    if this_installation().chain_url:
        return Uplink.objects.values_list("position", flat=True).first() or 0
    heads = FeedHead.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id)
    return heads.values_list("position", flat=True).first() or 0


def _select(query: str, store: Store) -> list[tuple[Any, ...]]:
    own = (store.organisation_id, store.chain_id)
    with connection.cursor() as cursor:
        cursor.execute(query, own if connection.features.has_native_uuid_field else [each.hex for each in own])
        return list(cursor.fetchall())


def _price_file(store: Store) -> rows.PriceFile | None:
    newest = PriceFile.objects.newest(store)
    if newest is None:
        return None
    return rows.PriceFile(newest.version, newest.position, newest.sha256, newest.manifest, bytes(newest.content))


def _assistants(store: Store) -> list[rows.Assistant]:
    """Those who may sell now. Who has left or is blocked is nobody's business in an emergency."""
    staff = ShopAssistant.objects.filter(
        organisation_id=store.organisation_id, store=store, is_active=True, blocked_at__isnull=True
    ).order_by("number")
    return [
        rows.Assistant(str(each.id), each.number, each.name, each.role, json.dumps(each.pin), each.pin_version)
        for each in staff
    ]


def _poss(store: Store) -> list[rows.Pos]:
    poss = Pos.objects.filter(organisation_id=store.organisation_id, store=store).order_by("number")
    return [rows.Pos(str(each.id), each.number, each.name) for each in poss]


def _devices(store: Store) -> list[rows.Device]:
    devices = Device.objects.filter(organisation_id=store.organisation_id, store=store).select_related("pos")
    return [
        rows.Device(
            str(each.id),
            each.pos.number,
            each.name,
            encode(bytes(each.key)),
            each.kid,
            each.state,
            each.enrolment,
        )
        for each in devices.order_by("id")
    ]


def _series(store: Store) -> list[rows.SeriesHead]:
    heads = Series.objects.filter(organisation_id=store.organisation_id, store_id=store.id).order_by("id")
    return [
        rows.SeriesHead(
            str(each.id),
            each.pos_number,
            str(each.device_id),
            each.label,
            each.latest_counter,
            each.latest_hash,
            each.sales,
            each.total,
        )
        for each in heads.defer("opening", "closing")
    ]
