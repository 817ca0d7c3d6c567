"""What must be true of a device after any number of sudden deaths, and of its store once the line was there."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from butik.lib.signing import decode, document_hash, verify_document
from tests.durability.till import Till
from tests.support.street import SHOP

TYPES = {"SALE": "butik-sale", "SERIES": "butik-series", "EVENT": "butik-event"}


def check_device(till: Till, *, deaths: int) -> list[str]:
    """Every sale whose receipt was shown is there once, counted without gap, chained, signed. Return all numbers."""
    held = till.read_database()
    key = bytes(held["key"])
    for row in held["journal"]:
        verify_document(row["document"], TYPES[row["kind"]], key)
        assert document_hash(row["document"]) == row["hash"]
    (series,) = held["series"]
    numbers = _check_chain(held["journal"], series)
    lost = sorted(set(till.shown) - set(numbers))
    assert not lost, f"lost: {lost}"
    assert len(numbers) <= len(set(till.shown)) + deaths, "more sales than anybody rang up"
    assert till.durabilities <= {"strict"}, "a sale was written without strict durability"
    return numbers


def _check_chain(journal: list[dict[str, Any]], series: dict[str, Any]) -> list[str]:
    """Sales 1, 2, 3, … each naming the one before; the series stands at the last."""
    (opening,) = [row for row in journal if row["kind"] == "SERIES"]
    sales = [row for row in journal if row["kind"] == "SALE"]
    before = opening["hash"]
    for counter, row in enumerate(sales, 1):
        said = _payload(row["document"])
        assert (said["counter"], said["prev"]) == (counter, before), f"chain broken at {row['number']}"
        before = row["hash"]
    assert (series["counter"], series["prev"], series["sales"]) == (len(sales), before, len(sales))
    return [row["number"] for row in sales]


def check_store(database: Path, numbers: list[str]) -> None:
    """Each is booked once, and nothing of this device was set aside."""
    pos, label = numbers[0].split("-")[1:3]
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        booked = connection.execute(
            "SELECT counter, device_id FROM sales_sale WHERE pos_number = ? AND label = ? ORDER BY counter",
            (pos, label),
        ).fetchall()
        aside = connection.execute(
            "SELECT count(*) FROM sales_quarantinedrecord WHERE device_id = ?", (booked[0][1],)
        ).fetchone()
    assert [f"{SHOP.number}-{pos}-{label}-{counter:06d}" for counter, _ in booked] == numbers
    assert aside == (0,)


def _payload(document: str) -> dict[str, Any]:
    payload: dict[str, Any] = msgspec.json.decode(decode(document.split(".")[1]))
    return payload
