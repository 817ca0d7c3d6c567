"""What was noted by a clock that has been put back since."""

from datetime import UTC, datetime, timedelta

import pytest

from butik.lib.clock import is_within

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(0, True), (59, True), (60, False), (86_400, False), (-30, True), (-60, False), (-86_400, False)],
)
def test_a_moment_far_in_the_future_is_not_lately(ago: int, expected: bool) -> None:
    assert is_within(timedelta(seconds=60), NOW - timedelta(seconds=ago), NOW) is expected


def test_nothing_is_not_lately() -> None:
    assert not is_within(timedelta(seconds=60), None, NOW)
