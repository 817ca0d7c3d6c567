"""RT-14: which backup is chosen and which may go, against an oracle over 20,000 random histories."""

from datetime import date, timedelta
from random import Random
from uuid import uuid4

import pytest

from butik.vault import choice, retention
from butik.vault.choice import Choice, choose
from butik.vault.retention import to_delete
from butik.vault.tests.histories import Row, differences, make_history, midday_of

HISTORIES = 20_000
TODAY = date(2026, 11, 20)


def row(day: date, state: str = "PROVEN") -> Row:
    return Row(uuid4(), midday_of(day), day, state)


def test_product_and_oracle_agree_over_20000_histories() -> None:
    assert [found for seed in range(HISTORIES) for found in differences(seed)] == []


def test_the_oracle_finds_a_choice_that_is_a_day_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def a_day_off(rows: list[Row], wanted: date) -> Choice[Row]:
        return choose(rows, wanted - timedelta(days=1))

    monkeypatch.setattr(choice, "choose", a_day_off)
    assert any(differences(seed) for seed in range(200))


@pytest.mark.parametrize("name", ["DAYS", "WEEKS", "MONTHS", "QUARANTINE"])
@pytest.mark.parametrize("off", [-1, 1])
def test_the_oracle_finds_a_retention_that_is_one_off(monkeypatch: pytest.MonkeyPatch, name: str, off: int) -> None:
    monkeypatch.setattr(retention, name, getattr(retention, name) + off)
    assert any(differences(seed) for seed in range(2000))


def test_the_day_s_last_one_then_the_nearest_older_then_the_nearest_newer() -> None:
    old, early, late, new = row(date(2026, 11, 1)), row(TODAY), row(TODAY), row(date(2026, 11, 25))
    late = Row(late.id, early.received_at + timedelta(hours=1), TODAY, "PROVEN")
    rows = [new, late, old, early]
    assert choose(rows, TODAY) == Choice("EXACT", late)
    assert choose(rows, date(2026, 11, 19)) == Choice("OLDER", old)
    assert choose(rows, date(2026, 10, 1)) == Choice("NEWER", old)
    assert choose([row(TODAY, state) for state in ("REFUSED", "RECEIVED", "QUARANTINED")], TODAY) == Choice(
        "NONE", None
    )


def test_nothing_goes_while_an_emergency_is_active_and_never_the_last_one() -> None:
    rows = [row(TODAY - timedelta(days=age)) for age in (400, 300, 200)]
    assert to_delete(rows, TODAY, is_active=True) == []
    assert to_delete(rows, TODAY, is_active=False) == rows[:2]


def test_no_new_backup_pushes_an_older_one_out() -> None:
    """Whatever comes on one day, proven or not: what would have stayed without it stays."""
    for seed in range(3000):
        chance = Random(seed)
        history = make_history(chance)
        flood = [row(history.today, chance.choice(["PROVEN", "REFUSED", "RECEIVED", "QUARANTINED"])) for _ in range(4)]
        before = {each.id for each in to_delete(history.rows, history.today, is_active=False)}
        after = {each.id for each in to_delete([*history.rows, *flood], history.today, is_active=False)}
        assert after <= before, f"seed {seed}"


def test_a_retention_that_only_keeps_the_newest_would_be_pushed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the same flood, and a rule that looks as good."""
    monkeypatch.setattr(retention, "_last", lambda proven, today: proven[-1:])
    with pytest.raises(AssertionError):
        test_no_new_backup_pushes_an_older_one_out()
