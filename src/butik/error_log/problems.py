"""One thing that went wrong, as it is kept: read from a log record, told apart from others by its fingerprint. Pure."""

import hashlib
import logging
import re
import traceback
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from uuid import UUID

from butik.error_log.redaction import redact, shorten

MESSAGE = 500
DETAIL = 20_000
_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|[0-9a-f]{16,}|\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose problem it is. Without an organisation: that of the service itself."""

    organisation_id: UUID | None = None
    chain_id: UUID | None = None
    store_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened `count` times between two moments."""

    place: Place
    level: str
    source: str
    message: str
    detail: str
    fingerprint: str
    first_at: datetime
    latest_at: datetime
    count: int = 1

    def and_again(self, other: "Seen") -> "Seen":
        """The newest words, all the times."""
        return replace(other, first_at=min(self.first_at, other.first_at), count=self.count + other.count)


def read_record(record: logging.LogRecord) -> Seen:
    """Called by whoever logs, who may be selling: texts are only shortened here. `cleaned` takes out the secrets."""
    trace = record.exc_info[2] if record.exc_info else None
    detail = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info and record.exc_info[1] else ""
    kind = type(record.exc_info[1]).__name__ if record.exc_info and record.exc_info[1] else ""
    at = datetime.fromtimestamp(record.created, UTC)
    place = Place(*(getattr(record, name, None) for name in ("organisation_id", "chain_id", "store_id")))
    return Seen(
        place=place,
        level=_level(record.levelno),
        source=record.name[:80],
        message=shorten(record.getMessage(), 2 * MESSAGE),
        detail=shorten(detail, 2 * DETAIL),
        fingerprint=fingerprint(
            record.name, record.levelname, shorten(str(record.msg), 2 * MESSAGE), kind, _innermost(trace)
        ),
        first_at=at,
        latest_at=at,
    )


def cleaned(seen: Seen) -> Seen:
    return replace(seen, message=clean(seen.message, MESSAGE), detail=clean(seen.detail, DETAIL))


def clean(text: str, length: int) -> str:
    """Redacted, and shortened in the middle: a traceback tells most at its ends. What is far too long is shortened
    first, so that nobody can make us look through it."""
    safe = redact(shorten(text, 2 * length))
    if len(safe) <= length:
        return safe
    half = length // 2 - 2
    return f"{safe[:half]} … {safe[-half:]}"[:length]


def fingerprint(*parts: str) -> str:
    """The same problem with other numbers in it is the same problem."""
    return hashlib.sha256("\n".join(_VARYING.sub("#", part) for part in parts).encode()).hexdigest()


def _level(number: int) -> str:
    if number >= logging.CRITICAL:
        return "CRITICAL"
    return "ERROR" if number >= logging.ERROR else "WARNING"


def _innermost(trace: TracebackType | None) -> str:
    """The function that failed; not its line, which moves with every version."""
    if trace is None:
        return ""
    frame = traceback.extract_tb(trace)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.name}"
