"""The tail on PostgreSQL: woken by NOTIFY, with a look now and then for what a lost connection did not hear of."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from butik.live.cursors import POSTGRES_STATE, Cursor, short_epoch
from butik.live.reach import Event
from butik.live.tail import REPLAYED, Batch, can_resume, read_event

LOOK = 1.0  # seconds without a notification
GATHER = 0.03  # seconds in which notifications are taken as one

# `xid` is the transaction that wrote the row. One statement, so rows and xmin are of one snapshot.
_NEW = """
    WITH here AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin)
    SELECT here.xmin, e.id, e.organisation_id, e.chain_id, e.store_id, e.topic, e.ref, e.xid
    FROM here LEFT JOIN live_liveevent e ON e.xid >= %s AND e.id <> ALL (%s)
    ORDER BY e.id
"""
_SINCE = """
    SELECT id, organisation_id, chain_id, store_id, topic, ref FROM live_liveevent
    WHERE xid >= %s ORDER BY id LIMIT %s
"""


class PostgresTail:
    """Sees only the organisations of those who look on: each read sets them as its scope, as every request does.

    `_floor` is the oldest transaction that may still have something to tell; what younger ones committed is told at
    once and remembered in `_told`, so that a long transaction delays nobody and loses nothing.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._listener: psycopg.AsyncConnection[Any] | None = None
        self._reader: psycopg.AsyncConnection[Any] | None = None
        self._reading = asyncio.Lock()
        self._epoch = ""
        self._floor: int | None = None
        self._told: dict[int, int] = {}  # id of an event to its transaction

    async def follow(self, organisations: Callable[[], frozenset[UUID]]) -> Batch:
        listener = await self._listening()
        try:
            async for _ in listener.notifies(timeout=LOOK, stop_after=1):
                await asyncio.sleep(GATHER)
            return await self._read_new(listener, organisations())
        except psycopg.Error:
            await self.close()
            raise

    async def replay(self, cursor: Cursor, organisations: frozenset[UUID]) -> Batch | None:
        async with self._reading:
            try:
                return await self._replay(await self._reader_here(), cursor, organisations)
            except psycopg.Error:
                await self.close()
                raise

    async def now(self) -> Cursor:
        async with self._reading:
            epoch, _, head = await _one(await self._reader_here(), POSTGRES_STATE)
        return Cursor(short_epoch(epoch), head)

    async def close(self) -> None:
        for connection in (self._listener, self._reader):
            if connection is not None:
                await connection.close()
        self._listener = self._reader = None

    async def _listening(self) -> psycopg.AsyncConnection[Any]:
        if self._listener is None:
            self._listener = await self._connect()
            await self._listener.execute("LISTEN butik_live")
            epoch, _, head = await _one(self._listener, POSTGRES_STATE)
            self._epoch = short_epoch(epoch)
            if self._floor is None:
                self._floor = head
        return self._listener

    async def _reader_here(self) -> psycopg.AsyncConnection[Any]:
        if self._reader is None:
            self._reader = await self._connect()
        return self._reader

    async def _read_new(self, connection: psycopg.AsyncConnection[Any], organisations: frozenset[UUID]) -> Batch:
        async with connection.transaction():
            await _set_scope(connection, organisations)
            found = await connection.execute(_NEW, [self._floor, list(self._told)])
            rows = await found.fetchall()
        self._floor = floor = rows[0][0]
        self._told |= {row[1]: row[7] for row in rows if row[1] is not None}
        self._told = {event: xid for event, xid in self._told.items() if xid >= floor}
        events = [read_event(row[1:7]) for row in rows if row[1] is not None]
        return Batch(events, Cursor(self._epoch, floor))

    async def _replay(
        self, connection: psycopg.AsyncConnection[Any], cursor: Cursor, organisations: frozenset[UUID]
    ) -> Batch | None:
        async with connection.transaction():
            await _set_scope(connection, organisations)
            epoch, swept, head = await _one(connection, POSTGRES_STATE)
            # what transaction `swept` wrote is gone, so a cursor must stand behind it
            if not can_resume(cursor, epoch=short_epoch(epoch), swept=swept + 1 if swept else 0, head=head):
                return None
            found = await connection.execute(_SINCE, [cursor.place, REPLAYED + 1])
            events: list[Event] = [read_event(row) for row in await found.fetchall()]
        return None if len(events) > REPLAYED else Batch(events, Cursor(short_epoch(epoch), head))


async def _set_scope(connection: psycopg.AsyncConnection[Any], organisations: frozenset[UUID]) -> None:
    permitted = ",".join(sorted(str(each) for each in organisations))
    # SET takes no parameters; these are UUIDs
    await connection.execute(f"SET LOCAL butik.organisations = '{permitted}'")


async def _one(connection: psycopg.AsyncConnection[Any], statement: str) -> Any:
    found = await connection.execute(statement)
    return await found.fetchone()
