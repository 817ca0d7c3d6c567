"""The tail on SQLite, on a file with the table alone."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from butik.lib.ids import new_id
from butik.live.cursors import Cursor
from butik.live.sqlite_tail import SqliteTail
from butik.live.tail import REPLAYED

HERE = new_id()
TABLES = """
    PRAGMA journal_mode=WAL;
    CREATE TABLE live_liveevent (id integer PRIMARY KEY AUTOINCREMENT, organisation_id text, chain_id text,
                                 store_id text, topic text, ref text, at text);
    CREATE TABLE live_streamstate (id integer PRIMARY KEY, epoch text, swept integer);
    INSERT INTO live_streamstate VALUES (1, '0192d3c4e5f60718293a4b5c6d7e8f90', 0);
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, Any]]:
    path = tmp_path / "butik.sqlite3"
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.executescript(TABLES)
    yield path, connection
    connection.close()


def tell(connection: Any, *refs: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for ref in refs:
        connection.execute(
            "INSERT INTO live_liveevent (organisation_id, topic, ref, at) VALUES (?, 'sales', ?, '')", [HERE.hex, ref]
        )
    connection.execute("COMMIT")


def test_it_tells_what_is_committed_and_when_asked_what_came_since(file: tuple[Path, Any]) -> None:
    path, connection = file

    async def scenario() -> None:
        tail = SqliteTail(path)
        start = await tail.now()
        assert start == Cursor("6d7e8f90", 0)
        assert (await tail.follow(frozenset)).events == []
        tell(connection, "1", "2")
        batch = await tail.follow(frozenset)
        assert [event.ref for event in batch.events] == ["1", "2"]
        assert batch.cursor.place == 2
        assert (await tail.follow(frozenset)).events == []
        again = await tail.replay(start, frozenset({HERE}))
        assert again is not None
        assert [event.ref for event in again.events] == ["1", "2"]
        assert again.cursor == batch.cursor
        await tail.close()

    asyncio.run(scenario())


def test_it_begins_where_the_table_stands(file: tuple[Path, Any]) -> None:
    path, connection = file
    tell(connection, "before")

    async def scenario() -> None:
        tail = SqliteTail(path)
        assert (await tail.follow(frozenset)).events == []
        assert (await tail.now()).place == 1
        await tail.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("cursor", [Cursor("00000000", 1), Cursor("6d7e8f90", 99), Cursor("6d7e8f90", 1)])
def test_it_does_not_pretend_to_know_what_came_since(file: tuple[Path, Any], cursor: Cursor) -> None:
    """A cursor of another epoch, one that lies ahead (an older database was put back), one that was swept over."""
    path, connection = file
    tell(connection, "1", "2", "3")
    connection.execute("DELETE FROM live_liveevent WHERE id < 3")
    connection.execute("UPDATE live_streamstate SET swept = 2")

    async def scenario() -> None:
        tail = SqliteTail(path)
        assert await tail.replay(cursor, frozenset({HERE})) is None
        assert await tail.replay(Cursor("6d7e8f90", 2), frozenset({HERE})) is not None
        await tail.close()

    asyncio.run(scenario())


def test_who_missed_very_much_begins_afresh(file: tuple[Path, Any]) -> None:
    path, connection = file
    tell(connection, *(str(number) for number in range(REPLAYED + 1)))

    async def scenario() -> None:
        tail = SqliteTail(path)
        assert await tail.replay(Cursor("6d7e8f90", 0), frozenset({HERE})) is None
        assert await tail.replay(Cursor("6d7e8f90", 1), frozenset({HERE})) is not None
        await tail.close()

    asyncio.run(scenario())
