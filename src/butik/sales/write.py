"""A batch of rows into the tables, in one order on each engine, inside the transaction of the caller."""

from django.db import connection

from butik.sales import sql
from butik.sales.known import HeadMoved
from butik.sales.pipeline import ask
from butik.sales.rows import Batch
from butik.sales.sql import Insert, Row

_DAY_FIGURE = {"sqlite": sql.add_to_day_figure("MAX"), "postgresql": sql.add_to_day_figure("GREATEST")}


def write_batch(batch: Batch) -> None:
    if connection.vendor == "postgresql":
        _write_together(batch)
    else:
        _write_one_by_one(batch)


def _write_one_by_one(batch: Batch) -> None:
    with connection.cursor() as cursor:
        for row in batch.moved_series:
            cursor.execute(sql.MOVE_SERIES, row)
            if cursor.rowcount != 1:
                raise HeadMoved
        for insert, rows in _inserts(batch):
            if len(rows) == 1:
                cursor.execute(insert.one_by_one, rows[0])
            else:
                cursor.executemany(insert.one_by_one, rows)
        for statement, rows in _updates(batch):
            cursor.executemany(statement, rows)


def _write_together(batch: Batch) -> None:
    parts = [(insert.all_at_once, insert.pack(rows)) for insert, rows in _inserts(batch)]
    if batch.moved_series:
        parts.insert(0, (sql.MOVE_ALL_SERIES, [sql.pack(sql.MOVED, batch.moved_series)]))
    if parts:
        statement = sql.together(*(statement for statement, _ in parts))
        ask(statement, [each for _, values in reversed(parts) for each in values])
    for statement, rows in _updates(batch):
        for row in rows:
            ask(statement, row)


def _inserts(batch: Batch) -> list[tuple[Insert, list[Row]]]:
    """What others wait for most, the figures of the day, comes last."""
    inserts = [
        (sql.NEW_SERIES, batch.new_series),
        (sql.SALE, batch.sales),
        (sql.LINE, batch.lines),
        (sql.VAT, batch.vat),
        (sql.PAYMENT, batch.payments),
        (sql.EVENT, batch.events),
        (sql.QUARANTINED, batch.quarantined),
        (sql.EXCEPTION, batch.exceptions),
        (sql.OUTBOX, batch.outbox),
        (sql.LIVE, batch.live),
        (_DAY_FIGURE[connection.vendor], batch.day_figures),
    ]
    return [(insert, rows) for insert, rows in inserts if rows]


def _updates(batch: Batch) -> list[tuple[str, list[Row]]]:
    updates = [
        (sql.KEEP_OPENING, batch.openings),
        (sql.KEEP_CLOSING, batch.closings),
        (sql.FORGET_GAP, batch.filled_gaps),
    ]
    return [(statement, rows) for statement, rows in updates if rows]
