"""The worker's part: prove what came in, let go what may go, and notice what did not come."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib import clock
from butik.live.actions import announce
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.vault.models import MissingDay, StoredBackup
from butik.vault.proving import prove_backup
from butik.vault.slot import today_of
from butik.vault.standing import Standing, standing_of
from butik.vault.sweeping import sweep_orphans, sweep_store, sweep_unfinished

log = logging.getLogger(__name__)


def prove_backups(organisations: Sequence[UUID], now: Callable[[], datetime] = clock.now) -> None:
    """Prove every backup that waits. One that cannot be examined now stops no other; the job is then tried again."""
    trouble: Exception | None = None
    for organisation_id in organisations:
        with tenant_scope([organisation_id]):
            waiting = list(
                StoredBackup.objects.filter(organisation_id=organisation_id).waiting().select_related("store")
            )
        for backup in waiting:
            try:
                prove_backup(backup=backup, now=now())
            except Exception as error:
                log.exception("A backup of store %s could not be examined.", backup.store.number)
                trouble = error
    if trouble is not None:
        raise trouble


def keep_vault(organisations: Sequence[UUID], now: Callable[[], datetime] = clock.now) -> None:
    """Retention, and the deadlines of every store."""
    for organisation_id in organisations:
        moment = now()
        with tenant_scope([organisation_id]):
            stores = list(Store.objects.filter(organisation_id=organisation_id).select_related("chain"))
        for store in stores:
            sweep_store(store=store, now=moment)
        sweep_orphans(organisation_id)
        watch_deadlines(organisation_id=organisation_id, stores=stores, now=moment)
    sweep_unfinished()


def watch_deadlines(*, organisation_id: UUID, stores: Iterable[Store], now: datetime) -> int:
    """Say once a day and store that no proven backup has come; return for how many it was said now."""
    told = 0
    with tenant_scope([organisation_id]):
        by_id = {store.pk: store for store in stores}
        for pk, standing in standing_of(by_id.values(), now).items():
            if not standing.is_well:
                told += _tell(by_id[pk], standing, now)
    return told


def _tell(store: Store, standing: Standing, now: datetime) -> bool:
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.pk}
    with transaction.atomic():
        _, is_new = MissingDay.objects.get_or_create(
            organisation_id=store.organisation_id,
            store=store,
            day=today_of(store, now),
            defaults={"chain_id": store.chain_id},
        )
        if not is_new:
            return False
        since = f"since {standing.proven.received_at:%Y-%m-%d %H:%M} UTC" if standing.proven else "ever"
        log_problem(
            level="ERROR",
            source="butik.vault.deadlines",
            message=f"Store {store.number} has sent no backup that could be proven {since}.",
            now=now,
            place=Place(**where),
        )
        announce("vault", **where, ref=store.pk, at=now)
    return True
