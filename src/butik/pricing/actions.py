"""Publishing price files: signed, content-addressed, with a version that only grows when the content changes."""

from datetime import datetime, timedelta

import msgspec
from django.db import IntegrityError, transaction

from butik.articles.import_rows import read_versioned
from butik.audit.actions import record
from butik.lib.clock import to_wire
from butik.lib.versions import next_version, version_beyond
from butik.live.actions import announce
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.models import PriceFile
from butik.pricing.price_file import FORMAT, PackedPrices, pack_prices

TYPE = "butik-prices"
VALID_FOR = timedelta(days=30)
RENEWED_BEFORE = timedelta(days=15)  # a store may be without its service for two weeks, and still sell
KEPT = 3  # a device may still be loading the one before


def publish_prices(*, store: Store, position: int, now: datetime) -> PriceFile | None:
    """Make the price file of what the store has at `position` of the feed; None when there is nothing to sell yet.

    Nothing is published when nothing has changed, but for a manifest that would expire.
    """
    with tenant_scope([store.organisation_id]):
        newest = PriceFile.objects.newest(store)
        if newest and newest.position == position and not newest.is_ageing(now, RENEWED_BEFORE):
            return newest
        # one statement, so one snapshot: no half import can be in it
        packed = pack_prices(read_versioned(store.chain))
    if newest is None and not packed.articles:
        return None
    if newest and newest.sha256 == packed.sha256 and not newest.is_ageing(now, RENEWED_BEFORE):
        with tenant_scope([store.organisation_id]):
            PriceFile.objects.filter(pk=newest.pk).update(position=position)
        return newest
    return _publish(store, packed, position, next_version(newest.version if newest else 0, now), now)


def renew_prices(*, store: Store, now: datetime) -> PriceFile | None:
    """Sign the newest price file once more before it expires, as it is: also while the chain cannot be reached."""
    with tenant_scope([store.organisation_id]):
        newest = PriceFile.objects.newest(store)
    if newest is None or not newest.is_ageing(now, RENEWED_BEFORE):
        return None
    return _publish_again(store, newest, next_version(newest.version, now), now)


def overtake_prices(*, store: Store, heard: int, now: datetime) -> PriceFile | None:
    """Sign the newest price file once more, under a version that passes one which a device has `heard` of.

    None when there is nothing to do, or another call has just done so.
    """
    with tenant_scope([store.organisation_id]):
        newest = PriceFile.objects.newest(store)
    version = version_beyond(newest.version, heard, now) if newest else None
    if newest is None or version is None:
        return None
    try:
        return _publish_again(store, newest, version, now)
    except IntegrityError:
        return None


def _publish_again(store: Store, newest: PriceFile, version: int, now: datetime) -> PriceFile:
    packed = PackedPrices(bytes(newest.content), newest.sha256, newest.articles)
    return _publish(store, packed, newest.position, version, now)


def _publish(store: Store, packed: PackedPrices, position: int, version: int, now: datetime) -> PriceFile:
    manifest = {
        "v": 1,
        "version": version,
        "org": str(store.organisation_id),
        "chain": str(store.chain_id),
        "store": str(store.id),
        "format": FORMAT,
        "sha256": packed.sha256,
        "size": len(packed.content),
        "articles": packed.articles,
        "currency": store.chain.currency,
        "position": position,
        "issued_at": to_wire(now),
        "expires_at": to_wire(now + VALID_FOR),
    }
    file = PriceFile(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store=store,
        version=version,
        position=position,
        sha256=packed.sha256,
        size=len(packed.content),
        articles=packed.articles,
        manifest=service_key().sign(TYPE, msgspec.json.encode(manifest)),
        content=packed.content,
        created_at=now,
    )
    with tenant_scope([store.organisation_id]), transaction.atomic():
        file.save(force_insert=True)  # of two that publish at once the unique version stops one
        kept = PriceFile.objects.filter(store=store).order_by("-version").values_list("version", flat=True)[:KEPT]
        PriceFile.objects.filter(store=store, version__lt=min(kept)).delete()
        record(
            "pricing.price_file.published",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            actor="system",
            at=now,
            subject=file.pk,
            version=version,
            articles=packed.articles,
            size=file.size,
        )
        announce(
            "prices",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            ref=version,
            at=now,
        )
    return file
