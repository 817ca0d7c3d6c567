"""Read a catalogue's file and `executemany` its rows into a chain's SQLite file, in one commit. Prints the seconds.

The file is believed: nothing is checked, compared or looked up. The rows are those that the real import writes into an
empty chain: groups, articles, versions, barcodes, feed entries.
"""

import csv
import sys
import time
from typing import Any

from pysqlite3 import dbapi2

from butik.lib.ids import new_id

GROUP = "INSERT INTO articles_articlegroup (id, organisation_id, chain_id, number, name) VALUES (?, ?, ?, ?, ?)"
ARTICLE = (
    "INSERT INTO articles_article (id, organisation_id, chain_id, number, receipt_text, name, search_text, group_id,"
    " unit, price, vat_rate, age_limit, linked_number, is_blocked, is_deleted, version)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)"
)
VERSION = (
    "INSERT INTO articles_articleversion (id, organisation_id, chain_id, number, version, receipt_text, unit, price,"
    " vat_rate, is_blocked, is_deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)"
)
BARCODE = (
    "INSERT INTO articles_barcode (id, organisation_id, chain_id, article_id, code, quantity_milli)"
    " VALUES (?, ?, ?, ?, ?, 1000)"
)
ENTRY = (
    "INSERT INTO changes_feedentry (id, organisation_id, chain_id, store_id, position, kind, key)"
    " VALUES (?, ?, ?, NULL, ?, 'article', ?)"
)
HEAD = "INSERT INTO changes_feedhead (id, organisation_id, chain_id, position) VALUES (?, ?, ?, ?)"
Row = tuple[Any, ...]


def main(database: str, path: str) -> float:
    connection = dbapi2.connect(database, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    org, chain = connection.execute("SELECT organisation_id, chain_id FROM organisation_installation").fetchone()
    begun = time.perf_counter()
    groups: dict[str, str] = {}
    articles: list[Row] = []
    versions: list[Row] = []
    barcodes: list[Row] = []
    entries: list[Row] = []
    with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123 - as a person would
        rows = csv.reader(file, delimiter=";")
        next(rows)
        for place, (number, code, name, text, group, unit, price, vat, age, linked) in enumerate(rows, 1):
            article, minor, rate = fresh(), int(price.replace(",", "")), int(vat) * 100
            group_id = groups.get(group) or groups.setdefault(group, fresh())
            articles.append(
                (
                    article, org, chain, number, text, name, name.casefold(), group_id, unit, minor, rate,
                    int(age) if age else None, linked, place,
                )
            )  # fmt: skip
            versions.append((fresh(), org, chain, number, place, text, unit, minor, rate))
            if code:
                barcodes.append((fresh(), org, chain, article, code.lstrip("0")))
            entries.append((fresh(), org, chain, place, number))
    connection.execute("BEGIN IMMEDIATE")
    named = [(key, org, chain, number, name) for number, (name, key) in enumerate(groups.items(), 1)]
    connection.executemany(GROUP, named)
    connection.executemany(ARTICLE, articles)
    connection.executemany(VERSION, versions)
    connection.executemany(BARCODE, barcodes)
    connection.executemany(ENTRY, entries)
    connection.execute("DELETE FROM changes_feedhead")
    connection.execute(HEAD, (fresh(), org, chain, len(entries)))
    connection.execute("COMMIT")
    return time.perf_counter() - begun


def fresh() -> str:
    return new_id().hex


if __name__ == "__main__":
    print(main(sys.argv[1], sys.argv[2]))
