"""The moment of the night, and the pauses between attempts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from butik.backups.window import Window, pause_before
from butik.lib.ids import new_id

ZONE = ZoneInfo("Europe/Copenhagen")
WINDOW = Window.read("01:00-05:00")
DAY = date(2026, 11, 22)


def test_every_store_has_a_moment_of_its_own_in_the_window_and_keeps_it() -> None:
    stores = [new_id() for _ in range(200)]
    moments = [WINDOW.moment(store, DAY, ZONE) for store in stores]
    assert moments == [WINDOW.moment(store, DAY, ZONE) for store in stores]
    begin, end = datetime(2026, 11, 22, 0, tzinfo=UTC), datetime(2026, 11, 22, 4, tzinfo=UTC)
    assert all(begin <= moment < end for moment in moments)
    hours = {moment.hour for moment in moments}
    assert hours == {0, 1, 2, 3}
    assert WINDOW.moment(stores[0], DAY, ZONE) + timedelta(days=1) != WINDOW.moment(
        stores[0], DAY + timedelta(days=1), ZONE
    )


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_the_nights_when_the_clock_is_changed_have_a_moment_too(day: date) -> None:
    for _ in range(100):
        moment = WINDOW.moment(new_id(), day, ZONE).astimezone(ZONE)
        assert moment.date() == day
        assert 1 <= moment.hour < 5


def test_a_window_that_the_clock_leaves_out_is_one_moment() -> None:
    narrow = Window.read("02:10-02:50")
    moment = narrow.moment(new_id(), date(2026, 3, 29), ZONE)
    assert moment.astimezone(ZONE).date() == date(2026, 3, 29)


@pytest.mark.parametrize("text", ["", "1-5", "05:00-01:00", "01:00-01:00", "25:00-26:00", "01:00"])
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Window.read(text)


def test_pauses_grow_to_an_hour() -> None:
    middle = [pause_before(attempt, chance=0.5).total_seconds() / 60 for attempt in range(1, 10)]
    assert middle == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pause_before(1, chance=0) < pause_before(1, chance=1) <= timedelta(minutes=4 / 3)
