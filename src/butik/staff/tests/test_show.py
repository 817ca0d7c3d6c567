"""How pages show moments, ages, money and states."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from butik.lib.clock import now
from butik.staff.templatetags import show


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (9, "just now"),
        (10, "10 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86_399, "23 h ago"),
        (86_400, "1 d ago"),
    ],
)
def test_an_age_is_said_in_its_largest_whole_unit(seconds: int, said: str) -> None:
    assert show.ago(seconds) == said


def test_an_age_carries_its_moment_so_that_it_can_age() -> None:
    at = now() - timedelta(minutes=3, seconds=1)
    assert 'data-age aria-live="off">3 min ago</time>' in str(show.age(at))
    assert show.age(None) == "never"


def test_a_moment_carries_the_exact_one() -> None:
    shown = str(show.moment(datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)))
    assert 'datetime="2026-07-01T12:00:05.000Z"' in shown
    assert 'title="2026-07-01 14:00:05 +0200"' in shown
    assert show.moment(None) == "–"


@pytest.mark.parametrize(
    ("language", "said"), [("en", ["1,234,567.89", "-0.05", "0.00"]), ("da", ["1.234.567,89", "-0,05", "0,00"])]
)
def test_money_is_written_as_its_readers_do(language: str, said: list[str]) -> None:
    with override(language):
        assert [show.money(amount) for amount in (123_456_789, -5, 0)] == said


@pytest.mark.parametrize(("milli", "said"), [(1000, "1"), (1500, "1.5"), (-250, "-0.25"), (1240, "1.24"), (0, "0")])
def test_quantities_have_no_needless_zeros(milli: int, said: str) -> None:
    assert show.quantity(milli) == said


def test_a_vat_rate_is_a_percentage() -> None:
    assert [show.percent(rate) for rate in (2500, 1111, 0)] == ["25 %", "11.11 %", "0 %"]


def test_a_state_is_a_shape_a_word_and_a_colour() -> None:
    shown = str(show.state("down", "<Down>"))
    assert "state-down" in shown
    assert "■" in shown
    assert "&lt;Down&gt;" in shown


def test_what_is_fresh_says_until_when_and_what_it_is_then() -> None:
    shown = str(show.state("ok", "Sells", now(), "Not heard from"))
    assert "data-fresh-until=" in shown
    assert 'data-stale-word="Not heard from"' in shown
