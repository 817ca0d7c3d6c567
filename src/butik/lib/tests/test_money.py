"""Money, against exact fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.lib.money import format_minor, included_vat, line_amount, round_cash, round_ratio, spread

amounts = st.integers(-(10**9), 10**9)


@given(amounts, st.integers(1, 10**6))
def test_rounding_is_half_away_from_zero(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if (2 * Fraction(numerator, denominator)).denominator == 1 or abs(exact) < 10**9:
        expected = int(Fraction(abs(numerator), denominator) + Fraction(1, 2)) * (1 if numerator >= 0 else -1)
        assert round_ratio(numerator, denominator) == expected


def test_half_an_ore_goes_up_on_both_sides_of_zero() -> None:
    assert [round_ratio(each, 2) for each in (-3, -1, 1, 3)] == [-2, -1, 1, 2]


def test_a_weighed_line_of_the_field_s_own_example() -> None:
    assert line_amount(499, 34) == 17  # 0.034 kg at 4.99


@given(st.integers(0, 10**9), st.sampled_from([0, 600, 1200, 1500, 2500]))
def test_vat_is_inside_the_price(gross: int, rate: int) -> None:
    exact = Decimal(gross) * rate / (10_000 + rate)
    assert included_vat(gross, rate) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@given(st.lists(st.tuples(amounts, st.integers(1, 20_000)), min_size=1, max_size=30))
def test_what_is_spread_adds_up_and_nobody_is_off_by_a_whole_unit(shares: list[tuple[int, int]]) -> None:
    exact = [Fraction(numerator, denominator) for numerator, denominator in shares]
    total = round_ratio(sum(exact).numerator, sum(exact).denominator)
    parts = spread(total, shares)
    assert sum(parts) == total
    assert all(abs(part - each) < 1 + Fraction(1, 10**6) for part, each in zip(parts, exact, strict=True))


def test_ties_go_to_the_earlier_line() -> None:
    assert spread(1, [(1, 2), (1, 2)]) == [1, 0]


@pytest.mark.parametrize(("amount", "paid"), [(1024, 1000), (1025, 1050), (1074, 1050), (1075, 1100), (-1025, -1050)])
def test_danish_cash_is_rounded_to_fifty_ore(amount: int, paid: int) -> None:
    assert round_cash(amount, 50) == paid


def test_no_smallest_coin_means_no_rounding() -> None:
    assert round_cash(1023, 0) == 1023


def test_minor_units_are_written_with_two_decimals() -> None:
    assert [format_minor(each) for each in (0, 5, -5, 123456)] == ["0.00", "0.05", "-0.05", "1234.56"]
