"""The outbox's indexes in a SQLite file: compared with their table, and made anew where they are wrong.

The sender reads which items wait from an index alone. One that lost entries hides them; one that cannot be read stops
all behind it. REINDEX is of no use here: it first gives the old pages back, fails at one that it cannot read, and may
follow a wrong pointer into another table's pages. So a fresh index is made from the table, and the damaged one's name
is led to it; its pages stay where they are, unused. The nightly look finds them: `/health` says so until the service is
brought back from a backup.
"""

import logging

from django.db import DatabaseError, connection, transaction

from butik.lib.clock import now
from butik.lib.integrity import Looked, keep_looked
from butik.lib.storage import is_damaged

logger = logging.getLogger(__name__)
TABLE = "changes_outboxitem"
INDEXES = {  # name: columns, which rows, what a comparison counts
    f"sqlite_autoindex_{TABLE}_1": ("seq", "", "count(*), sum(id), sum(seq)"),
    "outbox_unnumbered": ("id", "WHERE seq IS NULL", "count(*), sum(id)"),
}


def mend_indexes() -> bool:
    """Whether one was wrong and is whole again. Nothing is done where the table itself cannot be read."""
    if connection.vendor != "sqlite":
        return False
    try:
        wrong = [name for name in INDEXES if _is_wrong(name)]
        if not wrong:
            return False
        with transaction.atomic():
            for name in wrong:
                _make_anew(name)
    except DatabaseError as error:
        if not is_damaged(error):
            raise
        return False
    said = f"wrong indexes of the outbox: {', '.join(wrong)}"
    logger.error(
        "The database is damaged: %s. They were made anew from their table, and sending goes on. Back up what is there,"
        " and bring the service back from a backup (docs/operations.md).",
        said,
    )
    keep_looked(Looked(now(), [said]))
    return True


def _is_wrong(name: str) -> bool:
    _, rows, figures = INDEXES[name]
    kept = None
    try:
        with transaction.atomic(), connection.cursor() as cursor:  # nobody writes between the two
            cursor.execute(f"SELECT {figures} FROM {TABLE} NOT INDEXED {rows}")  # noqa: S608 - all from above
            kept = cursor.fetchone()
            cursor.execute(f"SELECT {figures} FROM {TABLE} INDEXED BY {name} {rows}")  # noqa: S608
            return bool(cursor.fetchone() != kept)
    except DatabaseError as error:
        if kept is None or not is_damaged(error):
            raise
        return True


def _make_anew(name: str) -> None:
    columns, rows, _ = INDEXES[name]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX outbox_fresh ON {TABLE} ({columns}) {rows}")
        cursor.execute("PRAGMA writable_schema = ON")
        try:
            cursor.execute(
                "UPDATE sqlite_master SET rootpage ="
                " (SELECT rootpage FROM sqlite_master WHERE name = 'outbox_fresh') WHERE name = %s",
                [name],
            )
            cursor.execute("DELETE FROM sqlite_master WHERE name = 'outbox_fresh'")
        finally:
            cursor.execute("PRAGMA writable_schema = RESET")
