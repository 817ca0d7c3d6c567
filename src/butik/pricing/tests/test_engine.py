"""Python and the POS app price alike: by shared vectors, and by sales that nobody thought of."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.shop import shop

from butik.pricing.engine import Line, PricedSale, cash_due, price_sale

VECTORS = json.loads((Path(__file__).parents[4] / "tests" / "vectors" / "pricing.json").read_text(encoding="utf-8"))
Ask = Callable[[str, Any], Any]

lines = st.builds(
    Line,
    unit_price=st.integers(-200_000, 10_000_000) | st.integers(0, 20_000),
    quantity=st.integers(1, 9_999_000) | st.sampled_from([500, 1000, 2000, 3000]),
    vat_rate=st.sampled_from([2500, 0, 1200, 600, 1500, 1111]),
)
sales = st.lists(lines, min_size=1, max_size=20)


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    with shop() as asked:
        yield asked


def as_json(priced: PricedSale, coin: int) -> dict[str, Any]:
    return {
        "amounts": [line.amount for line in priced.lines],
        "line_vat": [line.vat for line in priced.lines],
        "vat": [{"rate": each.rate, "gross": each.gross, "vat": each.vat} for each in priced.vat],
        "total": priced.total,
        "cash": cash_due(priced.total, coin),
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_a_sale_costs_what_its_vector_says(vector: dict[str, Any]) -> None:
    priced = price_sale([Line(**line) for line in vector["lines"]])
    assert as_json(priced, vector["coin"]) == vector["priced"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_app_prices_it_as_its_vector_says(vector: dict[str, Any], ask: Ask) -> None:
    assert ask("price", {"lines": vector["lines"], "coin": vector["coin"]}) == vector["priced"]


@settings(max_examples=400, deadline=None)
@given(sale=sales, coin=st.sampled_from([0, 5, 10, 50, 100]))
def test_the_app_prices_any_sale_alike(ask: Ask, sale: list[Line], coin: int) -> None:
    asked = [{"unit_price": each.unit_price, "quantity": each.quantity, "vat_rate": each.vat_rate} for each in sale]
    assert ask("price", {"lines": asked, "coin": coin}) == as_json(price_sale(sale), coin)


@given(sale=sales)
def test_lines_and_specification_agree(sale: list[Line]) -> None:
    priced = price_sale(sale)
    assert sum(line.vat for line in priced.lines) == sum(each.vat for each in priced.vat)
    assert sum(line.amount for line in priced.lines) == sum(each.gross for each in priced.vat) == priced.total
    assert [each.rate for each in priced.vat] == sorted({line.vat_rate for line in sale}, reverse=True)


@given(sale=sales)
def test_no_line_is_more_than_one_minor_unit_from_its_exact_vat(sale: list[Line]) -> None:
    priced = price_sale(sale)
    for line, each in zip(sale, priced.lines, strict=True):
        assert abs(each.vat * (10_000 + line.vat_rate) - each.amount * line.vat_rate) < 10_000 + line.vat_rate


code_texts = st.text("0123456789", max_size=20) | st.from_regex(r"2[0-9]{12}", fullmatch=True) | st.text(max_size=8)


@settings(max_examples=300, deadline=None)
@given(code=code_texts)
def test_the_app_reads_any_code_alike(ask: Ask, code: str) -> None:
    from butik.lib.barcodes import LABEL_RULES, is_gtin, normalise_code, numeric_value, read_label

    label = read_label(code)
    told = ask("code", {"code": code, "rules": LABEL_RULES})
    assert told["gtin"] == is_gtin(code)
    assert told["normal"] == normalise_code(code)
    assert told["number"] == numeric_value(code)
    said = told["label"] or {}
    assert (said.get("keys"), said.get("price"), said.get("grams")) == (
        (list(label.keys), label.price, label.grams) if label else (None, None, None)
    )
