"""Write hostile.json: one sale with one member changed, and whether it can be read; the device must say the same.

PYTHONPATH=. python tests/vectors/make_hostile.py
"""

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("hostile.json")
ID = "01993e3c-0000-7000-8000-00000000000{}"
LINE = {
    "n": 1, "number": "1001", "text": "MILK", "barcode": "5701234567899", "quantity": 1000, "unit": "PCS",
    "unit_price": 1295, "amount": 1295, "vat_rate": 2500, "vat": 259, "version": 412, "linked_to": None,
}  # fmt: skip
PAYMENT = {"id": ID.format(7), "tender": "CARD", "amount": 1295, "tendered": 1295, "change": 0, "reference": "42"}
SALE = {
    "v": 1, "id": ID.format(1), "org": ID.format(2), "store": ID.format(3), "pos": 3, "device": ID.format(4),
    "offset_ms": 12, "app": "0.1.0", "series": ID.format(5), "label": "N1", "counter": 17, "prev": "a" * 64,
    "session": 4, "business_date": "2026-11-21", "staff": ID.format(6), "staff_number": "101",
    "started_at": "2026-11-21T08:00:00.000Z", "completed_at": "2026-11-21T08:01:00.000Z", "currency": "DKK",
    "lines": [LINE], "vat": [{"rate": 2500, "gross": 1295, "vat": 259}], "total": 1295, "rounding": 0,
    "payments": [PAYMENT],
}  # fmt: skip

# member (with a dot: of the first line or payment), the longest that it may be, in code points
TEXTS = {
    "app": 20, "staff_number": 10, "lines.number": 20, "lines.text": 30, "lines.barcode": 20, "payments.reference": 60,
}  # fmt: skip
LETTERS = {
    "plain": "a", "Danish": "å", "decomposed": "a\u030a", "emoji": "\U0001f95b", "family": "\U0001f468\u200d\U0001f469",
    "flag": "\U0001f1e9\U0001f1f0", "zero-width": "\u200b", "bidi": "\u202e",
}  # fmt: skip
NEVER = {"NUL": "\x00", "tab": "\t", "line": "\n", "DEL": "\x7f", "C1": "\x85"}
# member, the numbers that are just within and just beyond
NUMBERS: dict[str, list[int]] = {
    "pos": [0, 1, 2**31 - 2, 2**31 - 1], "counter": [0, 1, 2**31 - 2, 2**31 - 1], "session": [-1, 0, 2**31 - 1, 2**31],
    "offset_ms": [-(10**12) - 1, -(10**12), 10**12, 10**12 + 1],
    "total": [-(10**11) - 1, -(10**11), 10**11, 10**11 + 1],
    "lines.quantity": [-(10**10) - 1, -(10**10), 10**10, 10**10 + 1], "lines.amount": [10**11, 10**11 + 1, 2**53],
    "lines.vat_rate": [-1, 0, 10_000, 10_001], "lines.version": [-1, 0, 2**53 - 1], "lines.linked_to": [0, 1],
    "payments.change": [-(10**11), -(10**11) - 1], "rounding": [10**11 + 1],
}  # fmt: skip
OTHERS: dict[str, list[Any]] = {
    "label": ["N1", "E999999", "N0", "N01", "n1", "N1000000", "X1", ""], "currency": ["DKK", "dkk", "DK", "ÆØÅ"],
    "prev": ["a" * 64, "A" * 64, "a" * 63, ""], "lines.unit": ["KG", "kg", ""], "payments.tender": ["CASH", "GIFT"],
    "business_date": ["2026-02-28", "2026-13-01", "0001-01-01", "9999-12-31", ""], "lines": [[], [LINE, LINE]],
    "vat": [[], [{"rate": 0, "gross": 0, "vat": 0}] * 2], "payments": [[], [PAYMENT] * 50, [PAYMENT] * 51],
    "lines.number": [""], "lines.text": [""], "offset_ms": [None, 1.5], "total": [1.5, "1295", None],
    "staff": ["", None],
}  # fmt: skip


def with_member(path: str, value: Any) -> dict[str, Any]:
    sale: dict[str, Any] = json.loads(json.dumps(SALE))
    group, _, name = path.rpartition(".")
    (sale[group][0] if group else sale)[name] = value
    return sale


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(name: str, path: str, value: Any) -> None:
        found.append({"name": f"{path}: {name}", "path": path, "value": value})

    for path, most in TEXTS.items():
        for name, letter in LETTERS.items():
            for length in (most, most + 1):
                text = (letter * most)[:length] if length <= most else "b" + (letter * most)[:most]
                add(f"{name} × {length}", path, text)
        for name, sign in NEVER.items():
            add(name, path, f"a{sign}b")
    for path, numbers in NUMBERS.items():
        for number in numbers:
            add(str(number), path, number)
    for path, values in OTHERS.items():
        for place, value in enumerate(values):
            add(f"other {place}", path, value)
    return found


def main() -> None:
    from tests.vectors.test_hostile import is_readable

    rows = [case | {"readable": is_readable(with_member(case["path"], case["value"]))} for case in cases()]
    lines = ",\n".join(json.dumps(row) for row in rows)
    TARGET.write_text(f'{{"sale": {json.dumps(SALE)},\n"cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
