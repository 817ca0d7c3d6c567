"""Random histories of backups in stores of many time zones, and the oracle: the same rules, written by another hand.

The oracle knows nothing of choice.py and retention.py, not even their way of finding a local date. It walks over days
and asks of each backup why it should stay.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from butik.organisation.models import Store
from butik.vault import choice, retention
from butik.vault.slot import today_of

ZONES = ("Europe/Copenhagen", "America/Nuuk", "Atlantic/Faroe", "Pacific/Kiritimati", "America/Los_Angeles", "UTC")
NIGHT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Row:
    id: UUID
    received_at: datetime
    day: date
    state: str


@dataclass(frozen=True)
class History:
    rows: list[Row]
    zone: str
    now: datetime
    today: date  # as the product sees it

    @cached_property
    def days(self) -> dict[UUID, date]:
        """The oracle's own."""
        return {row.id: local(row.received_at, self.zone) for row in self.rows}


def make_history(chance: Random) -> History:
    """Nights, some without a backup, some with several, many within seconds of midnight; then a while of silence."""
    zone = chance.choice(ZONES)
    start = datetime(2026, chance.randint(1, 12), chance.randint(1, 28), tzinfo=UTC)
    store, gap, state_of = (
        Store(timezone=zone),
        chance.choice([1, 1, 1, 2, 9, 30]),
        chance.choice(["P", "PPPR", "PWR", "PQQ"]),
    )
    rows = []
    moment = start
    for _ in range(chance.randint(0, 12)):
        moment += timedelta(days=chance.randint(0, gap))
        if chance.random() < 0.4:  # by the clock on the wall: a second before or after midnight
            local = moment.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
            moment = (local + timedelta(seconds=chance.choice([-1, 0, 1]))).astimezone(UTC)
        else:
            moment += NIGHT * chance.random()
        state = {"P": "PROVEN", "R": "REFUSED", "W": "RECEIVED", "Q": "QUARANTINED"}[chance.choice(state_of)]
        rows.append(Row(UUID(int=chance.getrandbits(128)), moment, today_of(store, moment), state))
    chance.shuffle(rows)
    now = moment + timedelta(days=chance.choice([0, 0, 1, 2, 3, 4, 8, 20, 40, 200]))
    return History(rows, zone, now, today_of(store, now))


def midday_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


# --- the oracle ---


def local(moment: datetime, zone: str) -> date:
    """The date on the wall: whole days since 1970, with the zone's offset at that moment added by hand."""
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return date(1970, 1, 1) + timedelta(days=int(moment.timestamp() + offset.total_seconds()) // 86_400)


def oracle_choice(history: History, wanted: date) -> tuple[str, UUID | None]:
    best: tuple[tuple[float, ...], str, UUID] | None = None
    for row in history.rows:
        away = (history.days[row.id] - wanted).days
        is_newer = 1 if away > 0 else -1  # of two as near, the later receipt when it is older, else the earlier
        rank = (is_newer, abs(away), is_newer * row.received_at.timestamp(), is_newer * row.id.int)
        if row.state == "PROVEN" and (best is None or rank < best[0]):
            best = rank, ("NEWER" if away > 0 else "OLDER" if away else "EXACT"), row.id
    return best[1:] if best else ("NONE", None)


def oracle_deletes(history: History, is_active: bool) -> set[UUID]:
    today = local(history.now, history.zone)
    days = history.days
    proven = sorted((row for row in history.rows if row.state == "PROVEN"), key=lambda row: (row.received_at, row.id))
    stays = {row.id for row in history.rows if row.state == "RECEIVED" or (today - days[row.id]).days < 3}
    stays |= {row.id for row in history.rows if row.state == "QUARANTINED" and (today - days[row.id]).days < 14}
    settled = [row for row in proven if (today - days[row.id]).days >= 3]
    stays |= {row.id for row in (*proven[-1:], *settled[-1:])}
    seen: set[tuple[str, int, int]] = set()
    for row in proven:
        day = days[row.id]
        weeks_ago = ((today - timedelta(days=today.isoweekday())) - (day - timedelta(days=day.isoweekday()))).days // 7
        months_ago = (today.year - day.year) * 12 + today.month - day.month
        week = ("week", *day.isocalendar()[:2])
        month = ("month", day.year, day.month)
        if (weeks_ago < 3 and week not in seen) or (months_ago < 5 and month not in seen):
            stays.add(row.id)
        seen |= {week, month}
    return set() if is_active else days.keys() - stays


# --- what is compared ---


def differences(seed: int) -> list[str]:
    """Where product and oracle disagree over one random history."""
    chance = Random(seed)
    history = make_history(chance)
    found = []
    for wanted in (history.today - timedelta(days=chance.choice([0, 0, 1, 2, 5, 30])), history.today):
        chosen = choice.choose(history.rows, wanted)
        told = (chosen.kind, chosen.backup.id if chosen.backup else None)
        if told != oracle_choice(history, wanted):
            found.append(f"seed {seed}: choice of {wanted}: {told}")
    active = chance.random() < 0.1
    if {row.id for row in retention.to_delete(history.rows, history.today, active)} != oracle_deletes(history, active):
        found.append(f"seed {seed}: deletion on {history.today}")
    return found
