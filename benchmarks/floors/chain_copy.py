"""COPY of sales into a chain's PostgreSQL, one commit a batch. The rows are made before the clock starts.

Arguments: address (a role that row-level security does not bind), file with the documents of each sender's batches as
JSON, chain id. Prints the seconds from the first COPY to the last commit. Senders are processes: each has a core if
there is one.
"""

import json
import multiprocessing
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.types.json import Json

from benchmarks.floors import sale_rows
from benchmarks.floors.sale_rows import Row, Sale, fresh

TABLES = {
    "sales_sale": (
        "id, organisation_id, chain_id, store_id, pos_number, device_id, series_id, label, counter, session,"
        " business_date, staff_id, staff_number, completed_at, corrected_at, received_at, currency, total, rounding,"
        " line_count, hash, document"
    ),
    "sales_saleline": (
        "id, organisation_id, store_id, sale_id, n, article_number, text, barcode, quantity_milli, unit, unit_price,"
        " amount, vat_rate, vat, article_version, linked_to"
    ),
    "sales_salevat": "id, organisation_id, store_id, sale_id, rate, gross, vat",
    "sales_payment": (
        "id, organisation_id, store_id, sale_id, n, payment_id, tender, amount, tendered, change, reference"
    ),
}
SERIES = "UPDATE sales_series SET latest_counter = %s, latest_hash = %s, sales = %s, total = total + %s WHERE id = %s"
DAY = (
    "INSERT INTO sales_dayfigure (id, organisation_id, chain_id, store_id, business_date, hour, currency, sales, total,"
    " vat, latest_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (organisation_id, store_id, business_date, hour, currency) DO UPDATE SET"
    " sales = sales_dayfigure.sales + excluded.sales, total = sales_dayfigure.total + excluded.total,"
    " vat = sales_dayfigure.vat + excluded.vat, latest_at = GREATEST(sales_dayfigure.latest_at, excluded.latest_at)"
)
LIVE = (
    "INSERT INTO live_liveevent (organisation_id, chain_id, store_id, topic, ref, at) VALUES (%s, %s, %s, %s, %s, %s)"
)
AUDIT = (
    "INSERT INTO audit_auditentry (id, organisation_id, chain_id, store_id, at, actor, action, subject, data)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


@dataclass(slots=True)
class Batch:
    copied: dict[str, list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})
    single: list[tuple[str, Row]] = field(default_factory=list)


def make_batch(documents: list[str], chain: UUID) -> Batch:
    batch, received = Batch(), sale_rows.received_now()
    days: dict[tuple[object, int], list[Sale]] = {}
    sales = [sale_rows.read_sale(document) for document in documents]
    for (sale, hashed), document in zip(sales, documents, strict=True):
        corrected = sale_rows.corrected_at(sale)
        days.setdefault((sale.business_date, corrected.astimezone(sale_rows.ZONE).hour), []).append(sale)
        _copy_rows(batch.copied, sale, hashed, document, chain, corrected, received)
    last, hashed = sales[-1]
    org, store = last.org, last.store
    total = sum(sale.total for sale, _ in sales)
    batch.single.append((SERIES, (last.counter, hashed, last.counter, total, last.series)))
    for (day, hour), some in days.items():
        figures = (len(some), sum(each.total for each in some), sum(row.vat for each in some for row in each.vat))
        latest = max(sale_rows.corrected_at(each) for each in some)
        batch.single.append((DAY, (fresh(), org, chain, store, day, hour, last.currency, *figures, latest)))
    batch.single.append((LIVE, (org, chain, store, "sales", str(store), received)))
    line = (
        fresh(),
        org,
        chain,
        store,
        received,
        f"store:{store}",
        "sales.records.ingested",
        "",
        Json({"booked": len(sales)}),
    )
    batch.single.append((AUDIT, line))
    return batch


def _copy_rows(
    copied: dict[str, list[Row]],
    sale: Sale,
    hashed: str,
    document: str,
    chain: UUID,
    corrected: datetime,
    received: datetime,
) -> None:
    org, store = sale.org, sale.store
    copied["sales_sale"].append(
        (
            sale.id, org, chain, store, sale.pos, sale.device, sale.series, sale.label, sale.counter, sale.session,
            sale.business_date, sale.staff, sale.staff_number, sale.completed_at, corrected, received, sale.currency,
            sale.total, sale.rounding, len(sale.lines), hashed, document,
        )
    )  # fmt: skip
    copied["sales_saleline"].extend(
        (
            fresh(), org, store, sale.id, line.n, line.number, line.text, line.barcode, line.quantity, line.unit,
            line.unit_price, line.amount, line.vat_rate, line.vat, line.version, line.linked_to,
        )
        for line in sale.lines
    )  # fmt: skip
    copied["sales_salevat"].extend((fresh(), org, store, sale.id, each.rate, each.gross, each.vat) for each in sale.vat)
    copied["sales_payment"].extend(
        (fresh(), org, store, sale.id, n, paid.id, paid.tender, paid.amount, paid.tendered, paid.change, paid.reference)
        for n, paid in enumerate(sale.payments, 1)
    )


def send(address: str, batches: list[Batch], begin: Barrier, end: Barrier) -> None:
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        begin.wait()
        for batch in batches:
            for table, rows in batch.copied.items():
                with cursor.copy(f"COPY {table} ({TABLES[table]}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            for statement, row in batch.single:
                cursor.execute(statement, row)
            connection.commit()
        end.wait()


def main(address: str, plan: Path, chain: UUID) -> float:
    senders = [[make_batch(documents, chain) for documents in batches] for batches in json.loads(plan.read_text())]
    context = multiprocessing.get_context("fork")
    begin, end = context.Barrier(len(senders) + 1), context.Barrier(len(senders) + 1)
    processes = [context.Process(target=send, args=(address, batches, begin, end)) for batches in senders]
    for process in processes:
        process.start()
    begin.wait()
    begun = time.perf_counter()
    end.wait()
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
    return seconds


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2]), UUID(sys.argv[3])))
