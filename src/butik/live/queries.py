"""What pages ask of the events."""

from django.db import connection

from butik.live.cursors import POSTGRES_STATE, SQLITE_STATE, Cursor, short_epoch


def latest_cursor() -> str:
    """Where the events stand now. Ask BEFORE reading the state that a page shows: then no event can fall between."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES_STATE if connection.vendor == "postgresql" else SQLITE_STATE)
        epoch, _, head = cursor.fetchone()
    return str(Cursor(short_epoch(epoch), head))
