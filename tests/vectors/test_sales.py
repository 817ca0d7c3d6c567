"""The sales that both hands are held to: written by the rules alone, and found by the reference engine too."""

import json
from pathlib import Path
from typing import Any

import pytest

from butik.pricing.engine import Line, cash_due, price_sale
from tests.vectors.make_sales import written

FILE = Path(__file__).with_name("sale.json")
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())["cases"]


def test_the_file_is_what_the_rules_write() -> None:
    assert FILE.read_text() == written()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].split(":")[0])
def test_the_reference_engine_finds_the_same(case: dict[str, Any]) -> None:
    given, expected = case["input"], case["expected"]
    priced = price_sale([Line(**line) for line in given["lines"]])
    assert [line.amount for line in priced.lines] == expected["amounts"]
    assert [line.vat for line in priced.lines] == expected["line_vat"]
    assert [{"rate": row.rate, "gross": row.gross, "vat": row.vat} for row in priced.vat] == expected["vat"]
    assert priced.total == expected["total"]
    left = priced.total
    for payment in expected["payments"]:
        if payment["tender"] == "CASH":
            assert payment["amount"] == min(payment["tendered"], cash_due(left, given["cash_rounding"]))
        left -= payment["amount"]
    assert -left == expected["rounding"]
