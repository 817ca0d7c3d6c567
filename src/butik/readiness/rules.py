"""Whether a store could sell tonight. Pure: the clock is an argument, and it is the chain's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DEADLINE = timedelta(hours=30)  # a backup a day, and six hours for one that is late
COMPLAINT_EVERY = timedelta(days=1)
CALENDAR = 30  # days

# what a day came to, best first; kinds of `state` on pages
_RANK = {"PROVEN": 0, "UPLOADED": 1, "MADE": 1, "QUARANTINED": 1, "SUPERSEDED": 1, "FAILED": 2}
_KINDS = ("ok", "alert", "down")


@dataclass(frozen=True, slots=True)
class Told:
    """One backup as reported: its state and the moment that it counts for."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Readiness:
    """`proven_at`: when the newest proven backup was received by the emergency cloud. `since`: when one became due."""

    is_paired: bool
    proven_at: datetime | None
    since: datetime | None

    @property
    def ready_until(self) -> datetime | None:
        return self.proven_at + DEADLINE if self.is_paired and self.proven_at else None

    def is_ready(self, now: datetime) -> bool:
        return self.ready_until is not None and now <= self.ready_until

    def is_missing(self, now: datetime) -> bool:
        """Past its deadline: an alarm. A store that was only just paired is not ready, and not missing either."""
        if not self.is_paired or self.is_ready(now):
            return False
        since = self.proven_at or self.since
        return since is not None and now - since > DEADLINE

    def kind(self, now: datetime) -> str:
        if self.is_ready(now):
            return "ok"
        return "down" if self.is_missing(now) else "alert"


def calendar(told: Iterable[Told], *, now: datetime, timezone: str) -> list[tuple[date, str]]:
    """The last days, oldest first, each with the best that came of it: ok, alert, down, or unknown for nothing."""
    zone = ZoneInfo(timezone)
    best: dict[date, int] = {}
    for each in told:
        day = each.at.astimezone(zone).date()
        best[day] = min(best.get(day, 9), _RANK[each.state])
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(CALENDAR))]
    return [(day, _KINDS[best[day]] if day in best else "unknown") for day in days]
