"""Amounts that people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.lib.amounts import read_amount


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12", 1200),
        ("12,5", 1250),
        ("12.50", 1250),
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("1 234,50", 123450),
        ("1 234", 123400),
        ("1.234.567,89", 123456789),
        ("-5", -500),
        (" 0,05 ", 5),
    ],
)
def test_it_reads_them(text: str, minor: int) -> None:
    assert read_amount(text) == minor


@pytest.mark.parametrize(
    "text", ["", "x", "1.234", "1,234", "1.23.45", "1,2,3", "1.234.50", "12,345,6", "--5", "1e3", "½"]
)
def test_what_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_amount(text)


@given(st.integers(-(10**13), 10**13), st.sampled_from([",", "."]))
def test_what_is_written_plainly_is_read_back(minor: int, point: str) -> None:
    sign = "-" if minor < 0 else ""
    assert read_amount(f"{sign}{abs(minor) // 100}{point}{abs(minor) % 100:02d}") == minor
