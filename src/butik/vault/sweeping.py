"""Retention at work: what `to_delete` names goes, with its file; and files that no row names."""

import time
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction

from butik.audit.actions import record
from butik.live.actions import announce
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.vault.models import Freeze, StoredBackup, StoredPrices
from butik.vault.retention import to_delete
from butik.vault.slot import today_of
from butik.vault.storage import discard, object_path, objects

ORPHAN_AGE = 24 * 3600  # seconds: no upload takes as long


def sweep_store(*, store: Store, now: datetime) -> int:
    """Delete what may go of a store's backups; return how many. The row first: a file without one is swept later."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        locked = Store.objects.select_for_update(of=("self",)).get(pk=store.pk)
        kept = StoredBackup.objects.of_store(locked)
        frozen = Freeze.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id).exists()
        gone = to_delete(kept.only("id", "day", "received_at", "state", "object"), today_of(locked, now), frozen)
        for backup in gone:
            where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.pk}
            record("vault.backup.deleted", **where, actor="system", at=now, subject=backup.pk)
            announce("vault", **where, ref=backup.pk, at=now)
        kept.filter(pk__in=[backup.pk for backup in gone]).delete()
        if gone:
            in_use = kept.values("price_sha256")
            StoredPrices.objects.filter(organisation_id=store.organisation_id, store=store).exclude(
                sha256__in=in_use
            ).delete()
    for backup in gone:
        discard(backup.object)
    return len(gone)


def sweep_orphans(organisation_id: UUID) -> int:
    """Files that no row names: a crash came between the file and its row, or between the row and its file."""
    with tenant_scope([organisation_id]):
        named = set(StoredBackup.objects.filter(organisation_id=organisation_id).values_list("object", flat=True))
    old = [each for each in objects().glob(f"{organisation_id}/*/*.age") if _is_old(each)]
    orphans = [each for each in old if str(each.relative_to(objects())) not in named]
    for each in orphans:
        each.unlink(missing_ok=True)
    return len(orphans)


def sweep_unfinished() -> None:
    for each in object_path("incoming").glob("*"):
        if _is_old(each):
            each.unlink(missing_ok=True)


def _is_old(path: Path) -> bool:
    return path.stat().st_mtime < time.time() - ORPHAN_AGE
