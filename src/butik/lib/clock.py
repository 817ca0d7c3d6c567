"""The clock is read at the edge, by this one function, and passed in: rules never look at a watch.

It may be wrong and be put right: what was noted by it can lie in the future. Then nobody knows how long ago it was.
"""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    return datetime.now(UTC)


def is_within(span: timedelta, moment: datetime | None, now: datetime) -> bool:
    """Whether a moment that was noted is at most so long ago. One that is far in the future is not."""
    return moment is not None and abs(now - moment) < span


def to_wire(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as every document on the wire has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
