"""The one way to tell those who look on, and the sweep of what nobody can resume from any more."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from butik.lib.ids import new_id
from butik.live.models import StreamState

CHANNEL = "butik_live"
KEPT = timedelta(days=1)
BATCH = 5000  # events swept in one transaction

NOTIFY = f"SELECT pg_notify('{CHANNEL}', %s)"  # takes the topic
TABLE = "live_liveevent"
COLUMNS = ("organisation_id", "chain_id", "store_id", "topic", "ref", "at")
_INSERT = f"INSERT INTO {TABLE} ({', '.join(COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - constants
_SWEEP = "DELETE FROM live_liveevent WHERE id IN (SELECT id FROM live_liveevent WHERE at < %s ORDER BY at LIMIT %s)"


def announce(
    topic: str,
    *,
    organisation_id: UUID,
    at: datetime,
    chain_id: UUID | None = None,
    store_id: UUID | None = None,
    ref: object = "",
) -> None:
    """Write an event inside the transaction of the act; it is seen when that commits, and not before."""
    on_postgres = connection.vendor == "postgresql"
    ids = (each if on_postgres or each is None else each.hex for each in (organisation_id, chain_id, store_id))
    row = (*ids, topic, str(ref), connection.ops.adapt_datetimefield_value(at))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, row)
    notify_after_commit(topic)


def notify_after_commit(topic: str) -> None:
    """After the commit: within, PostgreSQL would make all that announce commit one after another, disk and all.

    Whoever misses it, because we die right here, looks again within a second or two.
    """
    if connection.vendor == "postgresql":
        transaction.on_commit(partial(_notify, topic), robust=True)


def _notify(topic: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTIFY, [topic])


def begin_epoch() -> None:
    """Make every cursor that was handed out worthless: this database was put back, and its ids begin again."""
    StreamState.objects.update_or_create(pk=1, defaults={"epoch": new_id(), "swept": 0})


def sweep_events(*, now: datetime) -> int:
    """Delete a batch of old events, and remember up to where, so that nobody resumes from before. Return how many.

    Touches what the scope it is called in may touch; a worker calls it for each organisation until it returns 0.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"{_SWEEP} RETURNING {'xid' if connection.vendor == 'postgresql' else 'id'}",
            [connection.ops.adapt_datetimefield_value(now - KEPT), BATCH],
        )
        swept = [row[0] for row in cursor.fetchall()]
        if swept:
            StreamState.objects.get_or_create(pk=1)
            StreamState.objects.update(swept=Greatest(F("swept"), max(swept)))
    return len(swept)
