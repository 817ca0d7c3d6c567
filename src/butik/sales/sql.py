"""The statements of both hand-written paths, in the dialect that SQLite and PostgreSQL share (decision 0006)."""


def _insert(table: str, columns: str, tail: str = "") -> str:
    names = columns.split()
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) {tail}".strip()  # noqa: S608


SALE_COLUMNS = (
    "id organisation_id chain_id store_id pos_number device_id series_id label counter session business_date "
    "staff_id staff_number completed_at corrected_at received_at currency total rounding line_count hash document"
)
LINE_COLUMNS = (
    "id organisation_id store_id sale_id n article_number text barcode quantity_milli unit unit_price amount "
    "vat_rate vat article_version linked_to"
)
VAT_COLUMNS = "id organisation_id store_id sale_id rate gross vat"
PAYMENT_COLUMNS = "id organisation_id store_id sale_id n payment_id tender amount tendered change reference"
SERIES_STATE = "latest_counter latest_hash sales total opening_hash closing_hash"

INSERT_SALE = _insert("sales_sale", SALE_COLUMNS)
INSERT_LINE = _insert("sales_saleline", LINE_COLUMNS)
INSERT_VAT = _insert("sales_salevat", VAT_COLUMNS)
INSERT_PAYMENT = _insert("sales_payment", PAYMENT_COLUMNS)
INSERT_EVENT = _insert(
    "sales_deviceevent",
    "id organisation_id chain_id store_id pos_number device_id kind at received_at hash document",
)
INSERT_QUARANTINED = _insert(
    "sales_quarantinedrecord",
    "id organisation_id chain_id store_id device_id hash document reason detail received_at accepted_by accept_reason",
    "ON CONFLICT (organisation_id, store_id, hash) DO NOTHING",
)
INSERT_EXCEPTION = _insert(
    "sales_saleexception",
    "id organisation_id chain_id store_id sale_id kind detail at",
    "ON CONFLICT (organisation_id, store_id, sale_id, kind) DO NOTHING",
)
DELETE_GAP = (
    "DELETE FROM sales_saleexception WHERE organisation_id = %s AND store_id = %s AND sale_id = %s AND kind = 'GAP'"
)
INSERT_SERIES = _insert(
    "sales_series",
    f"id organisation_id chain_id store_id pos_number device_id label state {SERIES_STATE} opening closing",
)
# Nobody else may have moved the head since it was read: exactly one row must change.
MOVE_SERIES = (
    f"UPDATE sales_series SET {', '.join(f'{name} = %s' for name in SERIES_STATE.split())}, state = %s "  # noqa: S608
    "WHERE id = %s AND sales = %s AND opening_hash = %s AND closing_hash = %s"
)
KEEP_OPENING = "UPDATE sales_series SET opening = %s WHERE id = %s"
KEEP_CLOSING = "UPDATE sales_series SET closing = %s, closed_sales = %s, closed_total = %s WHERE id = %s"
INSERT_OUTBOX = _insert("changes_outboxitem", "organisation_id kind ref body created_at")


def add_to_day_figure(later: str) -> str:
    """`later` is the engine's name for the greater of two values."""
    return _insert(
        "sales_dayfigure",
        "id organisation_id chain_id store_id business_date hour currency sales total vat latest_at",
        "ON CONFLICT (organisation_id, store_id, business_date, hour, currency) DO UPDATE SET "
        "sales = sales_dayfigure.sales + excluded.sales, total = sales_dayfigure.total + excluded.total, "
        f"vat = sales_dayfigure.vat + excluded.vat, latest_at = {later}(sales_dayfigure.latest_at, excluded.latest_at)",
    )
