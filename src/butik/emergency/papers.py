"""What devices sell from and sign in with: the chosen backup's prices and till staff, signed by the emergency root.

In an emergency it is the backup that was chosen for the store, otherwise the newest proven one: so a device that checks
its readiness at night holds already what it would sell from.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models.functions import Length

from butik.emergency.models import Emergency, EmergencyStore, Paper
from butik.lib.clock import to_wire
from butik.lib.versions import next_version, version_beyond
from butik.organisation.keys import emergency_root
from butik.organisation.models import Store
from butik.sales.device_wire import KnownVersions
from butik.vault.actions import staff_of
from butik.vault.models import StoredBackup, StoredPrices

log = logging.getLogger(__name__)
NOTHING = KnownVersions()
PRICES = "butik-prices"
STAFF = "butik-staff"
FORMAT = "butik-prices/1"
VALID_FOR = timedelta(days=30)
RENEWED_BEFORE = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Papers:
    """None: there is no proven backup, or nothing in it to sell from."""

    prices: Paper | None
    staff: Paper | None


def standing_of(store: Store) -> EmergencyStore | None:
    """The store's place in the emergency that is active; None when there is none, or it has recovered."""
    found: EmergencyStore | None = (
        EmergencyStore.objects.filter(
            organisation_id=store.organisation_id, store=store, emergency__state=Emergency.State.ACTIVE
        )
        .exclude(state=EmergencyStore.State.RECOVERED)
        .first()
    )
    return found


def backup_for(store: Store) -> StoredBackup | None:
    standing = standing_of(store)
    if standing is None:
        return StoredBackup.objects.newest_proven(store)
    if standing.backup_id is None:
        return None
    found: StoredBackup | None = StoredBackup.objects.filter(
        organisation_id=store.organisation_id, store=store, pk=standing.backup_id
    ).first()
    return found


def papers_of(store: Store, now: datetime, known: KnownVersions = NOTHING) -> Papers:
    """Signed anew whenever what they are made of differs, or they would expire. Call in the scope of the tenant.

    Also when a device has `known` a later version than was ever given here: this cloud was put back.
    """
    backup = backup_for(store)
    if backup is None or not backup.price_sha256:
        return Papers(None, None)
    kept = {each.kind: each for each in Paper.objects.filter(organisation_id=store.organisation_id, store=store)}
    return Papers(
        _current(
            kept.get(Paper.Kind.PRICES),
            store,
            Paper.Kind.PRICES,
            f"{backup.pk}:{backup.price_sha256}",
            lambda version: _sign_prices(store, backup, version, now),
            now,
            known.prices,
            sha256=backup.price_sha256,
        ),
        _current(
            kept.get(Paper.Kind.STAFF),
            store,
            Paper.Kind.STAFF,
            str(backup.pk),
            lambda version: _sign_staff(store, backup, version, now),
            now,
            known.staff,
        ),
    )


def _current(
    kept: Paper | None,
    store: Store,
    kind: str,
    made_from: str,
    sign: Callable[[int], str],
    now: datetime,
    heard: int,
    *,
    sha256: str = "",
) -> Paper:
    fingerprint = hashlib.sha256(f"{emergency_root(store.chain_id).kid}:{made_from}".encode()).hexdigest()
    beyond = version_beyond(kept.version, heard, now) if kept else None
    is_current = kept is not None and kept.fingerprint == fingerprint and now - kept.issued_at < RENEWED_BEFORE
    if kept is not None and is_current and beyond is None:
        return kept
    if beyond is not None:
        log.warning(
            "Store %s: a device knows %s of version %s, later than was ever given here: this service was put back to an"
            " older state, and signs it anew.",
            store.number,
            kind,
            heard,
        )
    paper = Paper(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store=store,
        kind=kind,
        version=beyond or next_version(kept.version if kept else 0, now),
        fingerprint=fingerprint,
        sha256=sha256,
        issued_at=now,
    )
    paper.document = sign(paper.version)
    return _keep(paper, kept)


def _keep(paper: Paper, kept: Paper | None) -> Paper:
    """Of two devices that ask at once, one signs a version and the other gets the same."""
    try:
        with transaction.atomic():
            if kept is None:
                paper.save(force_insert=True)
                return paper
            changed = Paper.objects.filter(pk=kept.pk, version=kept.version).update(
                version=paper.version,
                fingerprint=paper.fingerprint,
                sha256=paper.sha256,
                document=paper.document,
                issued_at=paper.issued_at,
            )
    except IntegrityError:
        changed = 0
    if changed:
        return paper
    newest: Paper = Paper.objects.get(organisation_id=paper.organisation_id, store_id=paper.store_id, kind=paper.kind)
    return newest


def _sign_prices(store: Store, backup: StoredBackup, version: int, now: datetime) -> str:
    """The manifest of the store's own price file, as it stood in the backup."""
    size = (
        StoredPrices.objects.filter(
            organisation_id=store.organisation_id, store=store, sha256=backup.price_sha256
        ).values_list(Length("content"), flat=True)
    ).get()
    manifest = {
        "v": 1,
        "version": version,
        "org": str(store.organisation_id),
        "chain": str(store.chain_id),
        "store": str(store.pk),
        "format": FORMAT,
        "sha256": backup.price_sha256,
        "size": size,
        "articles": backup.articles,
        "currency": store.chain.currency,
        "position": backup.price_position,
        "backup": str(backup.pk),
        "issued_at": to_wire(now),
        "expires_at": to_wire(now + VALID_FOR),
    }
    return _sign(store, PRICES, manifest)


def _sign_staff(store: Store, backup: StoredBackup, version: int, now: datetime) -> str:
    payload = {
        "v": 1,
        "version": version,
        "org": str(store.organisation_id),
        "store": str(store.pk),
        "issued_at": to_wire(now),
        "staff": staff_of(backup),
    }
    return _sign(store, STAFF, payload)


def _sign(store: Store, typ: str, payload: dict[str, Any]) -> str:
    return emergency_root(store.chain_id).sign(typ, msgspec.json.encode(payload))
