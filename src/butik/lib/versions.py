"""Versions that another machine counts, and the highest of which is believed."""

FURTHEST = 10_000  # versions that one word may be ahead of what is held: years of changes, told late
HIGHEST = 2**31 - 1  # what the columns hold


class Implausible(ValueError):
    """A version so far ahead that all honest ones would be old news for ever."""


def require_plausible(said: int, *, held: int) -> None:
    """Refuse a leap. Who counts goes on by ones, and `held` is what is known here so far (0: nothing)."""
    if said < 0 or said > HIGHEST or said - held > FURTHEST:
        raise Implausible(f"version {said} comes after {held}")
