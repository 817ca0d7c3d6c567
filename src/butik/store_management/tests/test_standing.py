"""Whether a store sells: pure, with the clock as an argument."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from butik.lib.clock import to_wire
from butik.store_management.standing import CONTACT_LIFE, Standing, answer, read_standing, silent_since, store_answer

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
JUST = NOW - timedelta(seconds=5)
LONG_AGO = NOW - timedelta(hours=2)


def standing(contact_at: datetime | None = JUST, *devices: tuple[int, datetime | None], **figures: Any) -> Standing:
    listed = [{"pos": pos, "seen_at": to_wire(at) if at else None} for pos, at in devices]
    said = {"at": to_wire(contact_at or NOW), "devices": listed} | figures
    return read_standing(contact_at=contact_at, figures=said, latest_sales={})


@pytest.mark.parametrize(
    ("devices", "kind", "word", "down"),
    [
        ([(1, JUST), (2, JUST)], "ok", "Sells", "0/2 down"),
        ([(1, JUST), (2, LONG_AGO)], "alert", "Sells in part", "1/2 down"),
        ([(1, LONG_AGO)], "down", "Does not sell", "1/1 down"),
        ([(1, None)], "down", "Does not sell", "1/1 down"),
        ([], "down", "No POS yet", "0/0 down"),
    ],
)
def test_it_is_read_from_what_the_store_said(
    devices: list[tuple[int, datetime | None]], kind: str, word: str, down: str
) -> None:
    said = standing(JUST, *devices)
    assert (said.kind(NOW), said.word(NOW), said.down_of_total) == (kind, word, down)


@pytest.mark.parametrize("contact_at", [None, LONG_AGO, NOW - CONTACT_LIFE])
def test_a_store_that_does_not_call_is_unknown_whatever_it_said(contact_at: datetime | None) -> None:
    said = standing(contact_at, (1, contact_at))
    assert said.kind(NOW) == "unknown"
    assert not said.sells(NOW)


def test_two_devices_in_one_pos_are_one_pos() -> None:
    said = standing(JUST, (1, LONG_AGO), (1, JUST))
    assert said.down_of_total == "0/1 down"


def test_a_stores_own_clock_takes_no_part() -> None:
    """A store a day ahead, whose device called it 10 s before it spoke: the device is up."""
    ahead = NOW + timedelta(days=1)
    figures = {"at": to_wire(ahead), "devices": [{"pos": 1, "seen_at": to_wire(ahead - timedelta(seconds=10))}]}
    said = read_standing(contact_at=JUST, figures=figures, latest_sales={})
    assert said.kind(NOW) == "ok"


def test_the_dashboard_is_answered_first() -> None:
    selling, silent = standing(JUST, (1, JUST)), standing(LONG_AGO, (1, LONG_AGO))
    assert answer([selling, selling, silent], NOW) == "2 of 3 stores sell, 1 is not heard from"
    assert answer([selling], NOW) == "1 of 1 store sells"
    assert answer([selling, silent, silent], NOW) == "1 of 3 stores sell, 2 are not heard from"


def test_a_stores_page_is_answered_first() -> None:
    assert store_answer(standing(JUST, (1, JUST), (2, JUST)), NOW) == "Sells. 2 of 2 POSs are up."
    assert store_answer(standing(JUST), NOW) == "No POS yet."
    assert store_answer(standing(LONG_AGO, (1, LONG_AGO)), NOW) == "Not heard from"


def ago(**past: float) -> datetime:
    return NOW - timedelta(**past)


@pytest.mark.parametrize(
    ("stores", "since"),
    [
        ([[4.0], [4.5], [4.2]], 4.0),  # they left by one order
        ([[4.0, 4.9], [4.5]], 4.0),
        ([[4.0], [4.5], [600.0]], 4.0),  # a tablet that was off already does not count
        ([[4.0], [4.5], []], 4.0),
        ([[4.0], [6.0]], None),  # one after the other: they were switched off
        ([[0.1], [4.5]], None),  # one sells
        ([[]], None),
        ([], None),
    ],
)
def test_tills_that_fall_silent_together_may_have_left(stores: list[list[float]], since: float | None) -> None:
    said = [standing(JUST, *((pos, ago(minutes=minutes)) for pos, minutes in enumerate(store, 1))) for store in stores]
    assert silent_since(said, NOW) == (None if since is None else ago(minutes=since))


def test_controllers_that_fall_silent_with_their_tills_too() -> None:
    """What a store last said is reckoned by the chain's clock, however wrong the store's is."""
    ahead = timedelta(days=200)
    figures = {
        "at": to_wire(ago(minutes=10) + ahead),
        "devices": [{"pos": 1, "seen_at": to_wire(ago(minutes=10) + ahead)}],
    }
    silent = read_standing(contact_at=ago(minutes=10), figures=figures, latest_sales={})
    assert silent_since([silent, standing(JUST, (1, ago(minutes=10, seconds=30)))], NOW) == ago(minutes=10)


def test_whoever_may_have_left_is_grey_and_never_said_not_to_sell() -> None:
    left = replace(standing(JUST, (1, LONG_AGO)), may_have_left=True)
    assert (left.kind(NOW), left.word(NOW)) == ("unknown", "May have left for the emergency")
    assert store_answer(left, NOW) == "May have left for the emergency"
