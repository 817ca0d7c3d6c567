"""Upkeep of a service's own: old events, the database, room on the disk."""

import logging
import shutil
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection

from butik.lib.clock import now
from butik.live.actions import sweep_events
from butik.organisation.tenancy import tenant_scope

LEAST_FREE = 0.15

log = logging.getLogger(__name__)


def sweep_live(organisations: Sequence[UUID]) -> None:
    for organisation in organisations:
        swept = 1
        while swept:
            with tenant_scope([organisation]):
                swept = sweep_events(now=now())


def keep_database(_: Sequence[UUID]) -> None:
    """SQLite: move the log into the file before it grows long, and look whether the planner's figures are old."""
    if connection.vendor != "sqlite":
        return  # PostgreSQL keeps itself
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        cursor.execute("PRAGMA optimize")


def watch_disk(_: Sequence[UUID]) -> None:
    disk = shutil.disk_usage(settings.BUTIK_DATA)
    if disk.free < disk.total * LEAST_FREE:
        log.error(
            "The disk of %s is nearly full: %d %% is free. Sales need room: make some, or add a disk.",
            settings.BUTIK_DATA,
            disk.free * 100 // disk.total,
        )
