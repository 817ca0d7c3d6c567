"""The tail on SQLite: a look at a counter 25 times a second, and a read only when somebody has committed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from pysqlite3 import dbapi2

from butik.live.cursors import SQLITE_STATE, Cursor, short_epoch
from butik.live.reach import Event
from butik.live.tail import REPLAYED, Batch, can_resume, read_event

EVERY = 0.04  # seconds
_SELECT = "SELECT id, organisation_id, chain_id, store_id, topic, ref FROM live_liveevent"


class SqliteTail:
    """Its own read-only connection. Reading a WAL database waits for nobody, so it may happen on the event loop.

    There is one organisation in the file, so none is left out here.
    """

    def __init__(self, path: Path) -> None:
        self._connection: Any = dbapi2.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._version = -1
        self._epoch, _, self._latest = self._state()

    async def follow(self, organisations: Callable[[], frozenset[UUID]]) -> Batch:
        await asyncio.sleep(EVERY)
        return Batch(self._read_new(), Cursor(self._epoch, self._latest))

    async def replay(self, cursor: Cursor, organisations: frozenset[UUID]) -> Batch | None:
        epoch, swept, head = self._state()
        if not can_resume(cursor, epoch=epoch, swept=swept, head=head) or head - cursor.place > REPLAYED:
            return None
        return Batch(self._select("WHERE id > ? AND id <= ? ORDER BY id", cursor.place, head), Cursor(epoch, head))

    async def now(self) -> Cursor:
        epoch, _, head = self._state()  # what stands in the table, whether followed yet or not
        return Cursor(epoch, head)

    async def close(self) -> None:
        self._connection.close()

    def _read_new(self) -> list[Event]:
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return []
        self._version = version
        self._epoch = self._state()[0]
        events = self._select("WHERE id > ? ORDER BY id", self._latest)
        if events:
            self._latest = events[-1].id
        return events

    def _select(self, condition: str, *values: int) -> list[Event]:
        return [read_event(row) for row in self._connection.execute(f"{_SELECT} {condition}", values)]

    def _state(self) -> tuple[str, int, int]:
        epoch, swept, head = self._connection.execute(SQLITE_STATE).fetchone()
        return short_epoch(epoch), swept or 0, head
