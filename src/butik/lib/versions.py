"""Versions that somebody else remembers, and refuses an older one of.

Each is higher than the one before, and not lower than what the moment says (seconds since 2026). So a service that was
put back to an older state does not count anew through numbers which others have seen already: it goes on behind them,
without asking anybody. What a device or another service says never becomes a number by itself; it can only cause the
present one to be used.
"""

from datetime import UTC, datetime

HIGHEST = 2**31 - 1  # what the columns hold
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
LAST_TOLD = HIGHEST - 2**24  # what the clock or anybody's word may lead to (2093): who counts on has room behind it
FURTHEST = 10_000  # beyond that, versions that one word may be ahead of what is held
LEEWAY = 31 * 86_400  # a clock may have been ahead when somebody was told of a version
PAUSE = 600  # between two signed anew because of what somebody has said


class Implausible(ValueError):
    """A version behind which nobody could count on any more."""


def version_at(now: datetime) -> int:
    """The version of a moment; 0 when the clock stands before the beginning."""
    return min(max(0, int((now - BEGINNING).total_seconds())), LAST_TOLD)


def next_version(previous: int, now: datetime) -> int:
    """The version after `previous` (0: none)."""
    return max(previous + 1, version_at(now))


def version_beyond(given: int, heard: int, now: datetime) -> int | None:
    """The version under which to say again what was `given`, now that somebody knows of a later one.

    None when there is nothing to do: it is not later; it is further ahead than a clock that was wrong explains, and so
    not believed; or the one that was given is younger than a few minutes, so that who lies causes little.
    """
    present = version_at(now)
    if heard <= given or heard > present + LEEWAY or present < given + PAUSE:
        return None
    return next_version(heard, now)


def require_plausible(said: int, *, held: int) -> None:
    """Refuse what would leave no room: who counts must be able to go on. `held` is what is known here (0: nothing)."""
    if said < 0 or said > HIGHEST or said > max(LAST_TOLD, held + FURTHEST):
        raise Implausible(f"version {said} comes after {held}")
