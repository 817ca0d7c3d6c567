"""The clock is read at the edge, by this one function, and passed in: rules never look at a watch."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def to_wire(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as every document on the wire has it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
