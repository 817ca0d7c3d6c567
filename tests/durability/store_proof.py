"""What must be true of a store's database after any death: nothing lost, nothing double, sale = journal = outbox."""

from collections.abc import Iterable
from pathlib import Path

import pysqlite3

from butik.lib.signing import document_hash, open_document


def faults_in(database: Path, acknowledged: Iterable[str], *, thorough: bool = True) -> list[str]:
    """Every way in which the database is not what it should be; opening it is part of the proof."""
    connection = pysqlite3.connect(str(database))
    try:
        return _faults(connection, set(acknowledged), thorough)
    except pysqlite3.DatabaseError as error:
        return [f"corrupt: {error}"]
    finally:
        connection.close()


def _faults(connection: "pysqlite3.Connection", acknowledged: set[str], thorough: bool) -> list[str]:
    found = []
    [[verdict]] = connection.execute(f"PRAGMA {'integrity_check' if thorough else 'quick_check'}(1)").fetchall()
    if verdict != "ok":
        found.append(f"corrupt: {verdict}")
    documents = [row[0] for row in connection.execute("SELECT document FROM sales_sale")]
    if len(set(documents)) != len(documents):
        found.append("double")
    lost = acknowledged - set(documents)
    if lost:
        found.append(f"lost: {len(lost)} acknowledged")
    found += _series_faults(connection)
    found += [f"{name}: {count} differ" for name, query in AGREEMENTS.items() if (count := _count(connection, query))]
    return found


def _count(connection: "pysqlite3.Connection", query: str) -> int:
    [[count]] = connection.execute(query).fetchall()
    return int(count)


def _series_faults(connection: "pysqlite3.Connection") -> list[str]:
    """Counters without gap, each naming the one before, and the head at the last."""
    found = []
    heads = "SELECT id, latest_counter, latest_hash, sales, opening FROM sales_series"
    for series, counter, latest, sales, opening in connection.execute(heads).fetchall():
        rows = connection.execute(
            "SELECT counter, document FROM sales_sale WHERE series_id = ? ORDER BY counter", (series,)
        ).fetchall()
        before = document_hash(opening) if opening else ""
        for place, (number, document) in enumerate(rows, 1):
            if number != place or f'"prev":"{before}"'.encode() not in open_document(document).payload:
                found.append(f"series broken at {place}")
                break
            before = document_hash(document)
        if (counter, sales) != (len(rows), len(rows)) or (rows and latest != before):
            found.append("head is not at the last sale")
    return found


AGREEMENTS = {
    "sale and outbox": "SELECT (SELECT count(*) FROM sales_sale WHERE id NOT IN (SELECT ref FROM changes_outboxitem))"
    " + (SELECT count(*) - count(DISTINCT ref) FROM changes_outboxitem)",
    "sale and lines": "SELECT count(*) FROM sales_sale s WHERE line_count !="
    " (SELECT count(*) FROM sales_saleline l WHERE l.sale_id = s.id)",
    "sale and payments": "SELECT count(*) FROM sales_sale s WHERE total !="
    " (SELECT coalesce(sum(amount), 0) FROM sales_payment p WHERE p.sale_id = s.id)",
    "sale and VAT": "SELECT count(*) FROM sales_sale s WHERE total !="
    " (SELECT coalesce(sum(gross), 0) FROM sales_salevat v WHERE v.sale_id = s.id)",
    "sales and figures of the day": "SELECT (SELECT coalesce(sum(total), 0) FROM sales_sale) !="
    " (SELECT coalesce(sum(total), 0) FROM sales_dayfigure)",
    "quarantined": "SELECT count(*) FROM sales_quarantinedrecord",
}
