"""The worker's job: tonight's backup at its moment, what people ask for at once, and what failed once more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from butik.backups.actions import (
    ask_proof,
    ask_tonights,
    close_past,
    make_backup,
    store_day,
    sweep_files,
    upload_backup,
)
from butik.backups.folder import only_one
from butik.backups.gentle import step_aside
from butik.backups.models import Backup
from butik.backups.window import Window
from butik.lib.clock import now
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.pairing import pairing_of
from butik.organisation.tenancy import tenant_scope


def work_backups(organisations: Sequence[UUID]) -> None:
    """Do all there is to do now. Safe to be killed anywhere, and to run twice at once: the second one leaves."""
    here = this_installation()
    if not (here.store_id and here.organisation_id):
        return
    step_aside()
    with only_one() as is_mine:
        if is_mine:
            with tenant_scope([here.organisation_id]):
                store: Store = Store.objects.select_related("chain").get(pk=here.store_id)
            work_store(store, now())


def work_store(store: Store, moment: datetime) -> None:
    close_past(store=store, now=moment)
    sweep_files(store=store, now=moment)
    if pairing_of(store.chain) is None:
        return  # the page says so, and what to do
    if moment >= nightly_moment(store, moment):
        ask_tonights(store=store, now=moment)
    for backup in _rows(store, "due", moment):
        if not backup.manifest:
            make_backup(store=store, now=moment, backup=backup)
        if backup.manifest:
            upload_backup(store=store, backup=backup, now=moment)
    for backup in _rows(store, "unproven", moment):
        ask_proof(store=store, backup=backup, now=moment)


def nightly_moment(store: Store, moment: datetime) -> datetime:
    """When the store's backup of its present day is due."""
    window = Window.read(settings.BUTIK_BACKUP_WINDOW)
    return window.moment(store.id, store_day(store, moment), ZoneInfo(store.timezone))


def _rows(store: Store, which: str, moment: datetime) -> list[Backup]:
    with tenant_scope([store.organisation_id]):
        rows = Backup.objects.of_store(store).select_related("store__chain")
        return list(getattr(rows, which)(moment))
