"""When a store makes its nightly backup: a moment of its own in a window, so that not all come at once. Pure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """Of a day, in the store's own time."""

    begin: time
    end: time

    @classmethod
    def read(cls, text: str) -> "Window":
        """As in 01:00-05:00. Raises ValueError."""
        match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a window of a day, as in 01:00-05:00")
        window = cls(*(time.fromisoformat(each) for each in match.groups()))
        if window.begin >= window.end:
            raise ValueError(f"{text!r} ends before it begins")
        return window

    def moment(self, store_id: UUID, day: date, zone: ZoneInfo) -> datetime:
        """The store's own moment of that day. The same whenever it is asked, another one every night."""
        begin, end = (datetime.combine(day, each, zone).astimezone(UTC) for each in (self.begin, self.end))
        digest = hashlib.sha256(f"{store_id} {day}".encode()).digest()
        # one that the clock leaves out or has twice, when summer time comes or goes, is a moment like others
        length = max(end - begin, timedelta())
        return begin + length * (int.from_bytes(digest[:4], "big") / 2**32)


def pause_before(attempt: int, *, chance: float) -> timedelta:
    """After so many failures: 1, 2, 4 … minutes, at most an hour, a third more or less by `chance` (0 to 1)."""
    minutes = min(60, 2 ** min(attempt - 1, 6))
    return timedelta(minutes=minutes * (2 + 2 * chance) / 3)
