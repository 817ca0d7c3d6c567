"""How far a store's recovery is, as the page says it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from butik.organisation.models import Device, Pos, Store
from butik.recovery.actions import recovered_sales
from butik.recovery.comparison import Difference, Row
from butik.recovery.models import Recovery
from butik.sales.models import Sale, SaleException

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DONE, HERE, LATER = "done", "here", "later"

WHAT: "dict[str, _StrPromise]" = {
    "SALES": _("Number of sales"),
    "TOTAL": _("Sum of sales"),
    "ROUNDING": _("Cash rounding"),
    "GROSS": _("Sales with VAT rate"),
    "VAT": _("VAT of rate"),
    "CASH": _("Paid in cash"),
    "CARD": _("Paid by card"),
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    pos: int
    label: str
    day: date
    row: Row


@dataclass(frozen=True, slots=True)
class ShownDifference:
    pos: int
    label: str
    day: date
    what: str
    difference: Difference


@dataclass(frozen=True, slots=True)
class Place:
    """A POS, and whether a device was enrolled in it since the recovery."""

    pos: Pos
    device: Device | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was sold: from the last emergency sale to the first normal one, which may not have come yet."""

    begin: datetime | None
    end: datetime | None

    @property
    def minutes(self) -> int | None:
        return int((self.end - self.begin).total_seconds() // 60) if self.begin and self.end else None


@dataclass(frozen=True, slots=True)
class Standing:
    recovery: Recovery
    steps: dict[str, str]  # name to done, here, later
    rows: list[ShownRow]
    differences: list[ShownDifference]
    places: list[Place]
    exceptions: int
    gap: Gap

    @property
    def selling(self) -> int:
        """Devices whose series is open."""
        return len(self.recovery.waiting)

    @property
    def can_mark(self) -> bool:
        return self.recovery.state == Recovery.State.AGREED

    @property
    def enrolled(self) -> int:
        return sum(1 for place in self.places if place.device)


def newest_recovery(store: Store) -> Recovery | None:
    rows = Recovery.objects.filter(organisation_id=store.organisation_id, store=store)
    found: Recovery | None = rows.order_by("-emergency_number").first()
    return found


def standing_of(recovery: Recovery, store: Store) -> Standing:
    sales = recovered_sales(recovery)
    exceptions = SaleException.objects.filter(
        organisation_id=recovery.organisation_id, store_id=recovery.store_id, sale_id__in=sales.values("pk")
    )
    return Standing(
        recovery=recovery,
        steps=steps_of(recovery),
        rows=[_shown_row(Row(**each)) for each in recovery.rows],
        differences=[_shown(Difference(**each)) for each in recovery.differences],
        places=_places(recovery, store) if recovery.is_recovered else [],
        exceptions=exceptions.count(),
        gap=_gap(recovery, store),
    )


def steps_of(recovery: Recovery | None) -> dict[str, str]:
    """Each step with whether it is done, is the present one, or comes later. Pure."""
    if recovery is None:
        return {"key": HERE} | dict.fromkeys(("fetch", "stop", "agree", "mark", "enrol"), LATER)
    is_over = recovery.is_recovered
    done = {
        "key": True,
        "fetch": is_over or recovery.is_level,  # more may come while devices sell, and does so by itself
        "stop": is_over or (recovery.is_released and not recovery.waiting),
        "agree": is_over or recovery.state == Recovery.State.AGREED,
        "mark": is_over,
        "enrol": False,
    }
    present = next(name for name, is_done in done.items() if not is_done)
    return {name: DONE if is_done else HERE if name == present else LATER for name, is_done in done.items()}


def _shown_row(row: Row) -> ShownRow:
    return ShownRow(row.pos, row.label, date.fromisoformat(row.date), row)


def _shown(difference: Difference) -> ShownDifference:
    what, _space, rate = difference.what.partition(" ")
    said = f"{WHAT.get(what, what)} {rate}".strip() + (" %" if rate else "")
    return ShownDifference(difference.pos, difference.label, date.fromisoformat(difference.date), said, difference)


def _places(recovery: Recovery, store: Store) -> list[Place]:
    since = Device.objects.filter(
        organisation_id=store.organisation_id,
        store=store,
        state=Device.State.ACTIVE,
        enrolled_at__gte=recovery.recovered_at,
    )
    devices = {device.pos_id: device for device in since.order_by("enrolled_at")}
    poss = Pos.objects.filter(organisation_id=store.organisation_id, store=store).order_by("number")
    return [Place(pos, devices.get(pos.pk)) for pos in poss]


def _gap(recovery: Recovery, store: Store) -> Gap:
    last = recovered_sales(recovery).filter(label__startswith="E").aggregate(at=Max("corrected_at"))["at"]
    if not recovery.is_recovered:
        return Gap(last, None)
    normal = Sale.objects.of_store(store.organisation_id, store.pk).filter(
        label__startswith="N", corrected_at__gte=recovery.recovered_at
    )
    return Gap(last, normal.aggregate(at=Min("corrected_at"))["at"])
