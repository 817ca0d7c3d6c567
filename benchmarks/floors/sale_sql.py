"""The statements that store one sale, as a person would write them for SQLite."""

SERIES = (
    "UPDATE sales_series SET latest_counter = ?, latest_hash = ?, sales = sales + 1, total = total + ? WHERE id = ?"
)
SALE = (
    "INSERT INTO sales_sale (id, organisation_id, chain_id, store_id, pos_number, device_id, series_id, label, counter,"
    " session, business_date, staff_id, staff_number, completed_at, corrected_at, received_at, currency, total,"
    " rounding, line_count, hash, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
LINE = (
    "INSERT INTO sales_saleline (id, organisation_id, store_id, sale_id, n, article_number, text, barcode,"
    " quantity_milli, unit, unit_price, amount, vat_rate, vat, article_version, linked_to)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
VAT = (
    "INSERT INTO sales_salevat (id, organisation_id, store_id, sale_id, rate, gross, vat) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
PAYMENT = (
    "INSERT INTO sales_payment (id, organisation_id, store_id, sale_id, n, payment_id, tender, amount, tendered,"
    " change, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
OUTBOX = "INSERT INTO changes_outboxitem (organisation_id, kind, ref, body, created_at) VALUES (?, ?, ?, ?, ?)"
DAY = (
    "INSERT INTO sales_dayfigure (id, organisation_id, chain_id, store_id, business_date, hour, currency, sales, total,"
    " vat, latest_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)"
    " ON CONFLICT (organisation_id, store_id, business_date, hour, currency) DO UPDATE SET"
    " sales = sales + 1, total = total + excluded.total, vat = vat + excluded.vat,"
    " latest_at = max(latest_at, excluded.latest_at)"
)
LIVE = "INSERT INTO live_liveevent (organisation_id, chain_id, store_id, topic, ref, at) VALUES (?, ?, ?, ?, ?, ?)"
