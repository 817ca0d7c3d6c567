"""Versions only grow, whatever the clock says and however old the state is; nobody's word brings them to their end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.lib.versions import (
    BEGINNING,
    HIGHEST,
    LAST_TOLD,
    LEEWAY,
    PAUSE,
    Implausible,
    next_version,
    require_plausible,
    version_at,
    version_beyond,
)

NOW = datetime(2026, 11, 28, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - its bounds
VERSIONS = st.integers(0, LAST_TOLD)


@given(VERSIONS, MOMENTS)
def test_each_is_higher_than_the_one_before_and_has_room_behind_it(previous: int, moment: datetime) -> None:
    assert previous < next_version(previous, moment) <= LAST_TOLD + 1 < HIGHEST


@given(VERSIONS.filter(lambda each: each < version_at(NOW)), st.integers(1, 10**9))
def test_a_state_that_was_put_back_goes_on_behind_what_it_had_given(backup: int, seconds: int) -> None:
    lost = next_version(backup, NOW)
    assert next_version(backup, NOW + timedelta(seconds=seconds)) > lost


def test_a_clock_before_the_beginning_counts_by_ones() -> None:
    assert version_at(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert next_version(57, BEGINNING - timedelta(days=1)) == 58


def test_what_is_heard_is_passed_once_and_within_bounds() -> None:
    given_, present = version_at(NOW) - PAUSE, version_at(NOW)
    assert version_beyond(given_, given_, NOW) is None
    assert version_beyond(given_, given_ + 1, NOW) == present
    assert version_beyond(given_, present + LEEWAY, NOW) == present + LEEWAY + 1
    assert version_beyond(given_, present + LEEWAY + 1, NOW) is None
    assert version_beyond(given_, HIGHEST, NOW) is None
    assert version_beyond(given_ + 1, present, NOW) is None  # it has only just been signed


@given(st.lists(st.tuples(st.integers(0, HIGHEST), st.integers(0, 3600)), max_size=50))
def test_a_liar_moves_it_no_further_than_the_clock_and_its_leeway(lies: list[tuple[int, int]]) -> None:
    moment, version, signed = NOW, version_at(NOW), 0
    for said, pause in lies:
        moment += timedelta(seconds=pause)
        beyond = version_beyond(version, said, moment)
        signed += beyond is not None
        version = beyond or version
    assert version <= version_at(moment) + LEEWAY + 1
    assert signed <= (moment - NOW).total_seconds() / PAUSE


@pytest.mark.parametrize(("said", "held"), [(0, 0), (LAST_TOLD, 0), (LAST_TOLD + 5, LAST_TOLD), (28_000_000, 3)])
def test_any_honest_count_is_plausible(said: int, held: int) -> None:
    require_plausible(said, held=held)


@pytest.mark.parametrize(("said", "held"), [(-1, 0), (LAST_TOLD + 1, 0), (HIGHEST, 5), (HIGHEST + 1, HIGHEST)])
def test_what_would_leave_no_room_is_refused(said: int, held: int) -> None:
    with pytest.raises(Implausible):
        require_plausible(said, held=held)
