"""Prices, rates and units as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.articles.import_values import find_decimal_mark, read_age, read_flag, read_price, read_unit, read_vat
from butik.articles.words import Refusal


@pytest.mark.parametrize(
    ("text", "mark", "minor"),
    [
        ("12,5 kr", ",", 1250), ("1.234,50", ",", 123450), ("1.234,50 kr.", ",", 123450), ("kr. 12,95", ",", 1295),
        ("DKK 12,95", ",", 1295), ("12,-", ",", 1200), ("1 234,50", ",", 123450), ("1\u00a0234,50", ",", 123450),
        ("1'234.50", ".", 123450), ("1,234.50", ".", 123450), ("46.5", ".", 4650), ("46.5000", ".", 4650),
        ("12", ",", 1200), ("12", "", 1200), ("0", "", 0), ("0,00", ",", 0), ("1.234,50", "", 123450),
        ("1,234.50", "", 123450), ("12,5", "", 1250), (" 7 ", "", 700), ("999999.99", ".", 99_999_999),
    ],
)  # fmt: skip
def test_a_price_is_read_as_it_is_meant(text: str, mark: str, minor: int) -> None:
    assert read_price(text, mark, "DKK") == minor


@pytest.mark.parametrize(
    ("text", "mark", "reason"),
    [
        ("-5", "", "negative"), ("-5,00 kr", ",", "negative"), ("(5.00)", ".", "negative"), ("5,00-", ",", "negative"),
        ("\N{MINUS SIGN}5", "", "negative"),
        ("", "", "missing"), ("abc", "", "not a price"), ("1e3", "", "not a price"), ("=1+1", "", "not a price"),
        ("12.50", ",", "does not fit"), ("12,50", ".", "does not fit"), ("1.234", "", "two ways"),
        ("12.345", ".", "more than two decimals"), ("1000000", "", "higher than"),
        ("12,95 EUR", ",", "currency is DKK"),
        ("$12.95", ".", "currency is DKK"), ("1.2.3", "", "not a price"), ("12,,5", "", "not a price"),
        ("\u0661\u0662", "", "not a price"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused_in_words(text: str, mark: str, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_price(text, mark, "DKK")
    assert reason in str(refused.value.said)


@given(minor=st.integers(0, 99_999_999), grouped=st.booleans())
def test_every_amount_survives_both_ways_of_writing_it(minor: int, *, grouped: bool) -> None:
    english = f"{minor // 100:{',' if grouped else ''}}.{minor % 100:02d}"
    danish = english.translate(str.maketrans(",.", ".,"))
    assert read_price(english, ".", "DKK") == minor
    assert read_price(danish, ",", "DKK") == minor
    assert read_price(f"{danish} kr", "", "DKK") == minor


@given(text=st.text(max_size=12), mark=st.sampled_from(["", ",", "."]))
def test_whatever_a_cell_holds_it_is_a_price_or_a_refusal(text: str, mark: str) -> None:
    try:
        price = read_price(text, mark, "DKK")
    except Refusal as refused:
        price, told = 0, str(refused.said)
    else:
        told = "read"
    assert 0 <= price <= 99_999_999
    assert told


@pytest.mark.parametrize(
    ("prices", "mark"),
    [(["12,50", "7", "1.234,00"], ","), (["12.5", "1,234.00"], "."), (["12", "1.234"], ""), (["12,5 kr", "3,- "], ",")],
)
def test_the_decimal_mark_is_found(prices: list[str], mark: str) -> None:
    assert find_decimal_mark(prices) == mark


DANISH = frozenset({0, 2500})


@pytest.mark.parametrize("text", ["25", "25 %", "25,00", "25.0%", " 25"])
def test_a_vat_rate_is_read(text: str) -> None:
    assert read_vat(text, DANISH) == 2500


@pytest.mark.parametrize("text", ["12", "0.25", "0,25", "-25", "A", "", "250", "momsfri", "25 kr"])
def test_a_vat_rate_that_the_country_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_vat(text, DANISH)


def test_a_country_that_is_not_known_may_have_any_sensible_rate() -> None:
    assert read_vat("5,5", frozenset()) == 550
    for text in ("0.5", "80"):
        with pytest.raises(Refusal):
            read_vat(text, frozenset())


def test_units_flags_and_ages_are_read() -> None:
    assert [read_unit(text) for text in ("stk.", "KG", "pcs", "liter")] == ["PCS", "KG", "PCS", "L"]
    assert [read_flag(text) for text in ("ja", "1", "", "nej")] == [True, True, False, False]
    assert [read_age(text) for text in ("18", "", "0")] == [18, None, None]
    for read, text in ((read_unit, "לא ידוע"), (read_flag, "måske"), (read_age, "18+"), (read_age, "180")):
        with pytest.raises(Refusal):
            read(text)
