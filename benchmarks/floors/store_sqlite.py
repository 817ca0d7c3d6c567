"""A bare ASGI app on a store's own SQLite file: a sale's rows in one commit, and an article by its barcode.

Environment: FLOOR_DATABASE (a copy of a store service's database: same tables, keys, indexes and pragmas).
"""

import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from pysqlite3 import dbapi2

from benchmarks.floors import sale_rows
from benchmarks.floors import sale_sql as sql
from benchmarks.floors.sale_rows import Sale

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

connection = dbapi2.connect(os.environ["FLOOR_DATABASE"], isolation_level=None, timeout=30)
for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-8000"):
    connection.execute(f"PRAGMA {pragma}")

ARTICLE = (
    "SELECT a.number, a.receipt_text, a.name, a.unit, a.price, a.vat_rate, a.age_limit, a.linked_number, a.is_blocked,"
    " a.version, b.quantity_milli FROM articles_barcode b JOIN articles_article a ON a.id = b.article_id"
    " WHERE b.organisation_id = ? AND b.chain_id = ? AND b.code = ? AND NOT a.is_deleted"
)
ARTICLE_MEMBERS = (
    "number", "text", "name", "unit", "price", "vat_rate", "age_limit", "linked_number", "is_blocked", "version",
    "quantity",
)  # fmt: skip
organisation, chain = connection.execute("SELECT organisation_id, chain_id FROM organisation_installation").fetchone()


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    if scope["method"] == "GET":
        await _reply(send, 200, find_article(scope["path"].rsplit("/", 1)[1]))
        return
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    records = sale_rows.decode_body(b"".join(parts)).records
    await _reply(send, 200, sale_rows.answer([store_sale(each) for each in records]))


def find_article(code: str) -> bytes:
    row = connection.execute(ARTICLE, (organisation, chain, code.lstrip("0"))).fetchone()
    return msgspec.json.encode(dict(zip(ARTICLE_MEMBERS, row, strict=True)))


def store_sale(document: str) -> str:
    sale, hashed = sale_rows.read_sale(document)
    received = sale_rows.received_now()
    connection.execute("BEGIN IMMEDIATE")
    try:
        write_sale(sale, hashed, document, received)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return hashed


def write_sale(sale: Sale, hashed: str, document: str, received: datetime) -> None:
    org, store, key, now = sale.org.hex, sale.store.hex, sale.id.hex, moment(received)
    corrected = sale_rows.corrected_at(sale)
    connection.execute(sql.SERIES, (sale.counter, hashed, sale.total, sale.series.hex))
    connection.execute(
        sql.SALE,
        (
            key, org, chain, store, sale.pos, sale.device.hex, sale.series.hex, sale.label, sale.counter, sale.session,
            sale.business_date.isoformat(), sale.staff.hex, sale.staff_number, moment(sale.completed_at),
            moment(corrected), now, sale.currency, sale.total, sale.rounding, len(sale.lines), hashed, document,
        ),
    )  # fmt: skip
    connection.executemany(
        sql.LINE,
        [
            (
                fresh(), org, store, key, line.n, line.number, line.text, line.barcode, line.quantity, line.unit,
                line.unit_price, line.amount, line.vat_rate, line.vat, line.version, line.linked_to,
            )
            for line in sale.lines
        ],
    )  # fmt: skip
    connection.executemany(sql.VAT, [(fresh(), org, store, key, each.rate, each.gross, each.vat) for each in sale.vat])
    connection.executemany(
        sql.PAYMENT,
        [
            (
                fresh(), org, store, key, n, each.id.hex, each.tender, each.amount, each.tendered, each.change,
                each.reference,
            )
            for n, each in enumerate(sale.payments, 1)
        ],
    )  # fmt: skip
    connection.execute(sql.OUTBOX, (org, "record", key, "", now))
    connection.execute(
        sql.DAY,
        (
            fresh(), org, chain, store, sale.business_date.isoformat(), corrected.astimezone(sale_rows.ZONE).hour,
            sale.currency, sale.total, sum(each.vat for each in sale.vat), moment(corrected),
        ),
    )  # fmt: skip
    connection.execute(sql.LIVE, (org, chain, store, "sales", str(sale.store), now))


def fresh() -> str:
    return sale_rows.fresh().hex


def moment(value: datetime) -> str:
    return str(value.replace(tzinfo=None))


async def _reply(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
