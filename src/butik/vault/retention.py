"""What the vault may delete. Pure, and by the receiver's time alone: no date that a store writes has any weight.

Kept: everything of the last 3 days; of each of the last 3 weeks and 5 months the *first* proven backup; the newest
proven one, and the newest proven one from before these 3 days; what has not been judged yet, and for two weeks what
waits in quarantine for a person; and everything while an emergency is active. The first of a week, because what comes
later then cannot push it out: however many backups a stolen credential adds, no older one is deleted for it.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from butik.vault.choice import PROVEN, K, by_receipt

DAYS = 3
WEEKS = 3
MONTHS = 5
WAITING = "RECEIVED"
QUARANTINED = "QUARANTINED"
QUARANTINE = 14  # days: a person who is on holiday comes back; at four a day that is at most 56 of them


def to_delete(backups: Iterable[K], today: date, is_active: bool) -> list[K]:
    """Those of one store's backups that may go; `today` is the store-local date by the receiver's clock."""
    if is_active:
        return []
    every = sorted(backups, key=by_receipt)
    proven = [each for each in every if each.state == PROVEN]
    kept = {each.id for each in every if each.day > today - timedelta(days=DAYS) or each.state == WAITING}
    kept |= {each.id for each in every if each.state == QUARANTINED and each.day > today - timedelta(days=QUARANTINE)}
    kept |= {each.id for each in _last(proven, today)}
    oldest_week = week_of(today) - timedelta(weeks=WEEKS - 1)
    oldest_month = month_of(today) - (MONTHS - 1)
    kept |= _firsts([each for each in proven if week_of(each.day) >= oldest_week], week_of)
    kept |= _firsts([each for each in proven if month_of(each.day) >= oldest_month], month_of)
    return [each for each in every if each.id not in kept]


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def month_of(day: date) -> int:
    return day.year * 12 + day.month


def _last(proven: Sequence[K], today: date) -> list[K]:
    """The newest one, and the newest from before these days: a flood of today does not make it one of many."""
    settled = [each for each in proven if each.day <= today - timedelta(days=DAYS)]
    return [*proven[-1:], *settled[-1:]]


def _firsts(backups: Iterable[K], period: Callable[[date], Hashable]) -> set[UUID]:
    firsts: dict[Hashable, UUID] = {}
    for each in backups:
        firsts.setdefault(period(each.day), each.id)
    return set(firsts.values())
