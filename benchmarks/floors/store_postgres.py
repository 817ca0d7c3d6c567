"""A bare ASGI app on a store's PostgreSQL: a sale's rows in one commit, its statements pipelined.

Environment: FLOOR_DATABASE, the address of a copy of the store's database, for a role that row-level security does not
bind: same tables, keys and indexes.
"""

import os
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from benchmarks.floors import sale_rows, sale_sql
from benchmarks.floors.sale_rows import Row, Sale, fresh

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

CHAIN = os.environ["FLOOR_CHAIN"]
CONNECTIONS = 4
SERIES, SALE, LINE, VAT, PAYMENT, OUTBOX, LIVE = (
    statement.replace("?", "%s")
    for statement in (
        sale_sql.SERIES,
        sale_sql.SALE,
        sale_sql.LINE,
        sale_sql.VAT,
        sale_sql.PAYMENT,
        sale_sql.OUTBOX,
        sale_sql.LIVE,
    )
)
DAY = (
    sale_sql.DAY.replace("?", "%s")
    .replace("max(latest_at", "GREATEST(sales_dayfigure.latest_at")
    .replace("sales = sales +", "sales = sales_dayfigure.sales +")
    .replace("total = total +", "total = sales_dayfigure.total +")
    .replace("vat = vat +", "vat = sales_dayfigure.vat +")
)
pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    global pool
    if scope["type"] != "http":
        return
    if pool is None:
        pool = AsyncConnectionPool(os.environ["FLOOR_DATABASE"], min_size=CONNECTIONS, max_size=CONNECTIONS, open=False)
        await pool.open(wait=True)
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    hashes = [await _store_sale(pool, each) for each in sale_rows.decode_body(b"".join(parts)).records]
    body = sale_rows.answer(hashes)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _store_sale(connections: AsyncConnectionPool[AsyncConnection[Any]], document: str) -> str:
    sale, hashed = sale_rows.read_sale(document)
    org, store, key = sale.org, sale.store, sale.id
    received, corrected = sale_rows.received_now(), sale_rows.corrected_at(sale)
    day = corrected.astimezone(sale_rows.ZONE).hour
    vat = sum(each.vat for each in sale.vat)
    async with connections.connection() as connection, connection.pipeline(), connection.cursor() as cursor:
        await cursor.execute(SERIES, (sale.counter, hashed, sale.total, sale.series))
        await cursor.execute(
            SALE,
            (
                key, org, CHAIN, store, sale.pos, sale.device, sale.series, sale.label, sale.counter, sale.session,
                sale.business_date, sale.staff, sale.staff_number, sale.completed_at, corrected, received,
                sale.currency, sale.total, sale.rounding, len(sale.lines), hashed, document,
            ),
        )  # fmt: skip
        await cursor.executemany(LINE, [_line(sale, line) for line in sale.lines])
        for each in sale.vat:
            await cursor.execute(VAT, (fresh(), org, store, key, each.rate, each.gross, each.vat))
        for n, paid in enumerate(sale.payments, 1):
            values = (paid.id, paid.tender, paid.amount, paid.tendered, paid.change, paid.reference)
            await cursor.execute(PAYMENT, (fresh(), org, store, key, n, *values))
        await cursor.execute(OUTBOX, (org, "record", key, "", received))
        figures = (sale.currency, sale.total, vat, corrected)
        await cursor.execute(DAY, (fresh(), org, CHAIN, store, sale.business_date, day, *figures))
        await cursor.execute(LIVE, (org, CHAIN, store, "sales", str(store), received))
    return hashed


def _line(sale: Sale, line: sale_rows.Line) -> Row:
    return (
        fresh(), sale.org, sale.store, sale.id, line.n, line.number, line.text, line.barcode, line.quantity, line.unit,
        line.unit_price, line.amount, line.vat_rate, line.vat, line.version, line.linked_to,
    )  # fmt: skip
