"""Which backup a store gets for a date. Pure: the same code for the preview and for the activation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Literal, Protocol, TypeVar
from uuid import UUID


class Kept(Protocol):
    """What is asked of a backup: `day` is the store-local date of its receipt by the receiver's clock."""

    @property
    def id(self) -> UUID: ...
    @property
    def day(self) -> date: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def state(self) -> str: ...


K = TypeVar("K", bound=Kept)
PROVEN = "PROVEN"


@dataclass(frozen=True, slots=True)
class Choice(Generic[K]):
    kind: Literal["EXACT", "OLDER", "NEWER", "NONE"]
    backup: K | None


def choose(backups: Iterable[K], date: date) -> Choice[K]:
    """Of the proven backups: the day's last one, else the nearest older, else the nearest newer one, else none."""
    proven = sorted((each for each in backups if each.state == PROVEN), key=by_receipt)
    until = [each for each in proven if each.day <= date]
    if until:
        nearest = max(until, key=lambda each: (each.day, *by_receipt(each)))
        return Choice("EXACT" if nearest.day == date else "OLDER", nearest)
    if proven:
        return Choice("NEWER", min(proven, key=lambda each: (each.day, *by_receipt(each))))
    return Choice("NONE", None)


def by_receipt(backup: Kept) -> tuple[datetime, UUID]:
    return backup.received_at, backup.id
