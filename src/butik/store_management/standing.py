"""Whether a store sells, from what it last said about itself. Pure: the clock is an argument.

Grey is not green: a store that has not called is *not heard from*, whatever it said when it last did (truth 11).
Whether a POS is up is counted from the store's own moment of speaking, so that no clock difference takes part.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from butik.lib.clock import is_within

CONTACT_LIFE = timedelta(seconds=90)  # a store calls every few seconds
HEARTBEAT_LIFE = timedelta(minutes=3)  # a device calls its store every half minute while its app is open
TOGETHER = timedelta(minutes=1)  # an order reaches all devices within seconds; the rest is half a minute of heartbeat


@dataclass(frozen=True, slots=True)
class PosStanding:
    """A POS with a device in it, and when it last sold something."""

    number: int
    is_up: bool
    latest_sale_at: datetime | None
    seen_at: datetime | None = None  # by the clock of whoever asks


@dataclass(frozen=True, slots=True)
class Standing:
    contact_at: datetime | None
    poss: tuple[PosStanding, ...]
    unsent: int | None
    may_have_left: bool = False  # for the emergency, with all tills of its chain: nobody here can know

    def is_heard(self, now: datetime) -> bool:
        return is_within(CONTACT_LIFE, self.contact_at, now)

    def sells(self, now: datetime) -> bool:
        return self.is_heard(now) and any(pos.is_up for pos in self.poss)

    def kind(self, now: datetime) -> str:
        if not self.is_heard(now) or self.may_have_left:
            return "unknown"
        if not self.sells(now):
            return "down"
        return "ok" if not self.down else "alert"

    def word(self, now: datetime) -> str:
        if not self.is_heard(now):
            return _("Not heard from")
        if not self.poss:
            return _("No POS yet")
        if self.may_have_left:
            return _("May have left for the emergency")
        if not self.sells(now):
            return _("Does not sell")
        return _("Sells in part") if self.down else _("Sells")

    @property
    def fresh_until(self) -> datetime | None:
        return self.contact_at + CONTACT_LIFE if self.contact_at else None

    @property
    def down(self) -> int:
        return sum(not pos.is_up for pos in self.poss)

    @property
    def down_of_total(self) -> str:
        return _("%(down)d/%(total)d down") % {"down": self.down, "total": len(self.poss)}


def read_standing(
    *, contact_at: datetime | None, figures: dict[str, Any], latest_sales: dict[int, datetime]
) -> Standing:
    """`latest_sales`: of each POS number. Devices that were closed take no part."""
    spoke_at = _moment(figures.get("at")) or contact_at
    seen: dict[int, datetime | None] = {}
    for device in figures.get("devices", ()):
        number, at = int(device["pos"]), _moment(device.get("seen_at"))
        known = seen.get(number)
        seen[number] = max(at, known) if at and known else at or known
    poss = tuple(
        PosStanding(
            number,
            is_up=is_up(at, spoke_at),
            latest_sale_at=latest_sales.get(number),
            seen_at=contact_at - (spoke_at - at) if contact_at and spoke_at and at else None,
        )
        for number, at in sorted(seen.items())
    )
    return Standing(contact_at, poss, figures.get("unsent"))


def silent_since(standings: Iterable[Standing], now: datetime) -> datetime | None:
    """When all tills of a chain fell silent together, as they do when they leave for the emergency; else None.

    Those that had been silent before (a tablet that was off) do not count.
    """
    known = list(standings)
    signs = [pos.seen_at for each in known for pos in each.poss if pos.seen_at]
    if not signs or any(each.sells(now) for each in known):
        return None
    last = max(signs)
    together = all(last - each <= TOGETHER for each in signs if last - each < HEARTBEAT_LIFE)
    return last if together else None


def is_up(seen_at: datetime | None, spoke_at: datetime | None) -> bool:
    """Whether a device had called its store shortly before the store spoke."""
    return spoke_at is not None and is_within(HEARTBEAT_LIFE, seen_at, spoke_at)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def answer(standings: list[Standing], now: datetime) -> str:
    """The dashboard's first line, of stores that have not left together."""
    total = len(standings)
    selling = sum(each.sells(now) for each in standings)
    said = ngettext("%(selling)d of %(total)d store sells", "%(selling)d of %(total)d stores sell", total) % {
        "selling": selling,
        "total": total,
    }
    return said + _say_unheard(standings, now)


def leaving_answer(standings: list[Standing], now: datetime) -> str:
    """What the first line says of a chain whose tills have all fallen silent at once: never that nobody sells."""
    return _("All tills have fallen silent") + _say_unheard(standings, now)


def _say_unheard(standings: list[Standing], now: datetime) -> str:
    silent = sum(not each.is_heard(now) for each in standings)
    return ", " + ngettext("%d is not heard from", "%d are not heard from", silent) % silent if silent else ""


def store_answer(standing: Standing, now: datetime) -> str:
    """The first line of a store's page."""
    up = len(standing.poss) - standing.down
    said = ngettext("%(up)d of %(total)d POS is up", "%(up)d of %(total)d POSs are up", len(standing.poss)) % {
        "up": up,
        "total": len(standing.poss),
    }
    if not standing.is_heard(now) or (standing.may_have_left and standing.poss):
        return standing.word(now)
    return f"{standing.word(now)}. {said}." if standing.poss else f"{standing.word(now)}."
