"""Damage that a disk does to a database, for tests: on SQLite a page is overwritten, on PostgreSQL a row raises."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from tests.support.databases import signed_in_as
from tests.support.postgres import OWNER

EMPTY_LEAF = bytes([10, 0, 0, 0, 0, 0x10, 0, 0])  # of an index: no entry
INTERIOR = (2, 5)  # the first byte of such a page of an index or a table
RAISES = """
CREATE FUNCTION damaged() RETURNS text LANGUAGE plpgsql STABLE AS
$$ BEGIN RAISE EXCEPTION 'invalid page in block 3' USING ERRCODE = 'XX001'; END $$;
ALTER TABLE changes_outboxitem RENAME TO changes_outboxitem_whole;
CREATE VIEW changes_outboxitem WITH (security_invoker) AS
SELECT id, organisation_id, seq, uid, kind, ref, created_at,
CASE WHEN strpos(body, '{marker}') > 0 THEN damaged() ELSE body END AS body FROM changes_outboxitem_whole;
GRANT SELECT, UPDATE ON changes_outboxitem TO butik_app;
"""
WHOLE = """
DROP VIEW changes_outboxitem;
ALTER TABLE changes_outboxitem_whole RENAME TO changes_outboxitem;
DROP FUNCTION damaged();
"""


@contextmanager
def damaged_where(marker: str, folder: Path) -> Iterator[None]:
    """What bears the marker cannot be read inside; all else is as it was. Needs a test with real transactions."""
    if connection.vendor == "postgresql":
        with _raising(marker):
            yield
    else:
        with moved_to(folder / "copy.sqlite3") as copy:
            whole = overwrite_pages(copy, marker.encode())
            yield
            copy.write_bytes(whole)


@contextmanager
def _raising(marker: str) -> Iterator[None]:
    with signed_in_as(OWNER), connection.cursor() as cursor:
        cursor.execute(RAISES.replace("{marker}", marker))
    try:
        yield
    finally:
        with signed_in_as(OWNER), connection.cursor() as cursor:
            cursor.execute(WHOLE)


@contextmanager
def moved_to(copy: Path) -> Iterator[Path]:
    """The database in memory as a file, for the time of the block."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(copy)])
    kept, name = connection.connection, connection.settings_dict["NAME"]
    connection.connection, connection.settings_dict["NAME"] = None, str(copy)
    try:
        yield copy
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = kept, name


def overwrite_pages(file: Path, marker: bytes, size: int = 4096) -> bytes:
    """Spoil every leaf that bears the marker (above them old bytes may lie about). Returns what the file was."""
    whole = file.read_bytes()
    spoilt = bytearray(whole)
    pages = range(0, len(whole), size)
    places = [at for at in pages if whole[at] not in INTERIOR and marker in whole[at : at + size]]
    assert places, "no page bears the marker"
    for at in places:
        spoilt[at : at + size] = b"\xff" * size
    connection.close()  # its cache knows better
    file.write_bytes(spoilt)
    return whole


def overwrite_index(file: Path, name: str, page: bytes | None = None) -> None:
    """Spoil an index's root page; or put an empty leaf (`page`) there, so that entries are lost without a word."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rootpage FROM sqlite_master WHERE name = %s", [name])
        at = (cursor.fetchone()[0] - 1) * 4096
    connection.close()  # its log is moved into the file
    content = bytearray(file.read_bytes())
    content[at : at + 4096] = (page or b"\xff").ljust(4096, b"\0" if page else b"\xff")
    file.write_bytes(content)
