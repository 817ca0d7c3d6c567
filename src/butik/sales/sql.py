"""The statements that write the journal, for both engines (decision 0006).

SQLite is given rows one by one (`executemany` of a prepared statement). PostgreSQL is given all rows of a table at
once, as an array for each column, and all tables in one statement: one plan for one row or thousands.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import msgspec

from butik.live import actions as live
from butik.sales.arrays import as_array, column_types

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Insert:
    """An INSERT of rows in the order of `columns`; `tail` says what happens when a row is there already."""

    table: str
    columns: tuple[str, ...]
    tail: str = ""

    @property
    def one_by_one(self) -> str:
        marks = ", ".join(["%s"] * len(self.columns))
        return f"INSERT INTO {self.table} ({', '.join(self.columns)}) VALUES ({marks}) {self.tail}"  # noqa: S608

    @cached_property
    def all_at_once(self) -> str:
        names, types = ", ".join(self.columns), column_types(self.table)
        arrays = ", ".join(f"%s::{types[name]}[]" for name in self.columns)
        return f"INSERT INTO {self.table} ({names}) SELECT * FROM unnest({arrays}) {self.tail}"  # noqa: S608

    def pack(self, rows: list[Row]) -> list[str]:
        """The rows as `all_at_once` takes them: an array for each column."""
        return [as_array(column) for column in zip(*rows, strict=True)]


def pack(columns: tuple[str, ...], rows: list[Row]) -> str:
    """Rows as JSON objects; what a row has beyond `columns` is left out."""
    shape, width = _shape(columns), len(columns)
    return msgspec.json.encode([shape(*row[:width]) for row in rows]).decode()


@cache
def _shape(columns: tuple[str, ...]) -> type[msgspec.Struct]:
    """A struct is packed twice as fast as a dictionary."""
    return msgspec.defstruct("Packed", columns, gc=False)


def _insert(table: str, columns: str, tail: str = "") -> Insert:
    return Insert(table, tuple(columns.split()), tail)


SALE = _insert(
    "sales_sale",
    "id organisation_id chain_id store_id pos_number device_id series_id label counter session business_date "
    "staff_id staff_number completed_at corrected_at received_at currency total rounding line_count hash document",
)
LINE = _insert(
    "sales_saleline",
    "id organisation_id store_id sale_id n article_number text barcode quantity_milli unit unit_price amount "
    "vat_rate vat article_version linked_to",
)
VAT = _insert("sales_salevat", "id organisation_id store_id sale_id rate gross vat")
PAYMENT = _insert(
    "sales_payment",
    "id organisation_id store_id sale_id n payment_id tender amount tendered change reference",
)
EVENT = _insert(
    "sales_deviceevent",
    "id organisation_id chain_id store_id pos_number device_id kind at received_at hash document",
)
QUARANTINED = _insert(
    "sales_quarantinedrecord",
    "id organisation_id chain_id store_id device_id hash document reason detail received_at accepted_by accept_reason",
    "ON CONFLICT (organisation_id, store_id, hash) DO NOTHING",
)
EXCEPTION = _insert(
    "sales_saleexception",
    "id organisation_id chain_id store_id sale_id kind detail at",
    "ON CONFLICT (organisation_id, store_id, sale_id, kind) DO NOTHING",
)
OUTBOX = _insert("changes_outboxitem", "organisation_id kind ref body created_at")
LIVE = Insert(live.TABLE, live.COLUMNS)


def add_to_day_figure(later: str) -> Insert:
    """`later` is the engine's name for the greater of two values."""
    return _insert(
        "sales_dayfigure",
        "id organisation_id chain_id store_id business_date hour currency sales total vat latest_at",
        "ON CONFLICT (organisation_id, store_id, business_date, hour, currency) DO UPDATE SET "
        "sales = sales_dayfigure.sales + excluded.sales, total = sales_dayfigure.total + excluded.total, "
        f"vat = sales_dayfigure.vat + excluded.vat, latest_at = {later}(sales_dayfigure.latest_at, excluded.latest_at)",
    )


HEAD = ("latest_counter", "latest_hash", "sales", "total", "opening_hash", "closing_hash", "state")
NEW_SERIES = _insert(
    "sales_series",
    f"id organisation_id chain_id store_id pos_number device_id label {' '.join(HEAD)} opening closing",
)
# Nobody else may have moved the head since it was read: exactly one row must change.
MOVE_SERIES = (
    f"UPDATE sales_series SET {', '.join(f'{name} = %s' for name in HEAD)} "  # noqa: S608
    "WHERE id = %s AND sales = %s AND opening_hash = %s AND closing_hash = %s"
)
# The same for all at once: a head that another has moved would become NULL, which the table refuses (IntegrityError).
MOVED = (*HEAD, "id", "sales_before", "opening_before", "closing_before")
_MOVED_TYPES = ["int", "text", "int", "bigint", "text", "text", "text", "uuid", "int", "text", "text"]
MOVE_ALL_SERIES = (
    f"UPDATE sales_series s SET {', '.join(f'{name} = moved.{name}' for name in HEAD if name != 'sales')}, "  # noqa: S608
    "sales = CASE WHEN (s.sales, s.opening_hash, s.closing_hash) = "
    "(moved.sales_before, moved.opening_before, moved.closing_before) THEN moved.sales END "
    f"FROM json_to_recordset(%s::json) AS moved({', '.join(map(' '.join, zip(MOVED, _MOVED_TYPES, strict=True)))}) "
    "WHERE s.id = moved.id"
)
KEEP_OPENING = "UPDATE sales_series SET opening = %s WHERE id = %s"
KEEP_CLOSING = "UPDATE sales_series SET closing = %s, closed_sales = %s, closed_total = %s WHERE id = %s"
FORGET_GAP = (
    "DELETE FROM sales_saleexception WHERE organisation_id = %s AND store_id = %s AND sale_id = %s AND kind = 'GAP'"
)


@cache
def together(first: str, *others: str) -> str:
    """One statement of several that write, for PostgreSQL; none sees what another writes.

    PostgreSQL carries out the last of them first and then the others from behind, so they are turned round here: the
    order matters only to those who wait for a row meanwhile.
    """
    *before, last = reversed((first, *others))
    named = ", ".join(f"part_{place} AS ({each})" for place, each in enumerate(before))
    return f"WITH {named} {last}" if named else last
