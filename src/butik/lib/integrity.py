"""Whether SQLite's file is whole: asked each night, and after every start, since a start may follow a crash.

A damaged page hides until somebody needs what stands on it. So the whole file is read, on a connection of its own that
waits for nobody and holds nobody up. PostgreSQL has checksums of its own and is not asked.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import connection
from django.utils import timezone
from pysqlite3 import dbapi2

from butik.lib.clock import now
from butik.lib.files import replace_file

NIGHT = range(2, 5)  # hours of the service's own time zone
RESTED = timedelta(hours=20)
LONGEST = timedelta(hours=36)
FAULTS_TOLD = 5
FILE = "integrity.json"

log = logging.getLogger(__name__)


class Looked(msgspec.Struct, frozen=True):
    """When the file was last looked through, and what was wrong with it."""

    at: datetime
    faults: list[str] = []


def is_due(at: datetime, last: datetime | None) -> bool:
    """At the first quiet hour of each night; at once when no night has done it for long."""
    if last is None or not timedelta(0) <= at - last < LONGEST:
        return True
    return at - last >= RESTED and timezone.localtime(at).hour in NIGHT


class IntegrityWatch:
    """The worker's job. It forgets with its process, so each start looks anew."""

    def __init__(self) -> None:
        self._last: datetime | None = None

    def __call__(self, _: Sequence[UUID]) -> None:
        at = now()
        if connection.vendor != "sqlite" or not is_due(at, self._last):
            return
        faults = faults_of(Path(settings.DATABASES["default"]["NAME"]))
        keep_looked(Looked(at, faults))
        self._last = at
        if faults:
            log.error(
                "The database is damaged: %s. Selling goes on as far as it can. Back up what is there, and bring the"
                " service back from a backup (docs/operations.md).",
                "; ".join(faults),
            )


def faults_of(database: Path) -> list[str]:
    """What SQLite finds wrong with a file, at most a handful; nothing when it is whole."""
    try:
        reader: Any = dbapi2.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found = [str(row[0]) for row in reader.execute(f"PRAGMA quick_check({FAULTS_TOLD})")]
        finally:
            reader.close()
    except dbapi2.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else [line for each in found for line in each.splitlines()][:FAULTS_TOLD]


def keep_looked(looked: Looked) -> None:
    replace_file(Path(settings.BUTIK_DATA) / FILE, msgspec.json.encode(looked))


def last_looked() -> Looked | None:
    """What the worker found when it last looked; None when it has not, or what it wrote cannot be read."""
    try:
        return msgspec.json.decode((Path(settings.BUTIK_DATA) / FILE).read_bytes(), type=Looked)
    except (OSError, msgspec.DecodeError):
        return None


watch_integrity = IntegrityWatch()
