"""Figures of stores, as the pages of Store Management and the portal say them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, F, OuterRef, Subquery, Sum, When

from butik.organisation.models import Device, Store
from butik.sales.checks import CLOCK_TOLERANCE
from butik.sales.models import DayFigure, Sale, Series
from butik.staff.models import Person

WEEK = timedelta(days=7)
# Nothing was sold after it was received.
SOLD_AT = Case(
    When(corrected_at__gt=F("received_at") + CLOCK_TOLERANCE, then=F("received_at")), default=F("corrected_at")
)


def business_date(store: Store, now: datetime) -> date:
    """The day that a store is in."""
    return now.astimezone(ZoneInfo(store.timezone)).date()


def latest_sale_of_each_pos(person: Person, stores: Iterable[UUID]) -> dict[UUID, dict[int, datetime]]:
    """By store and POS number: each series names its newest sale, so no journal is searched.

    A clock that ran ahead does not count.
    """
    newest = Sale.objects.filter(
        organisation_id=OuterRef("organisation_id"),
        store_id=OuterRef("store_id"),
        series_id=OuterRef("pk"),
        counter=OuterRef("latest_counter"),
    )
    found: dict[UUID, dict[int, datetime]] = defaultdict(dict)
    rows = (
        Series.objects.visible_to(person)
        .filter(store_id__in=list(stores))
        .values_list("store_id", "pos_number", Subquery(newest.values(at=SOLD_AT)[:1]))
    )
    for store, pos, at in rows:
        if at is not None:
            found[store][pos] = max(at, found[store].get(pos, at))
    return found


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a day beside the same hour a week before, in minor units."""

    hour: int
    revenue: int
    week_ago: int


@dataclass(frozen=True, slots=True)
class DayByHour:
    """A store's business day, beside the same weekday of last week."""

    today: date
    hours: tuple[Hour, ...]
    revenue: int
    sales: int
    week_ago: int
    latest_at: datetime | None

    @property
    def compared_with(self) -> date:
        return self.today - WEEK


def day_by_hour(store: Store, now: datetime) -> DayByHour:
    """From the first to the last hour in which either day sold something."""
    today = business_date(store, now)
    revenue: dict[date, dict[int, int]] = {today: {}, today - WEEK: {}}
    sales, latest_at = 0, None
    figures = DayFigure.objects.filter(
        organisation_id=store.organisation_id, store_id=store.pk, business_date__in=list(revenue)
    )
    for figure in figures:
        hours = revenue[figure.business_date]
        hours[figure.hour] = hours.get(figure.hour, 0) + figure.total
        if figure.business_date == today:
            sales += figure.sales
            latest_at = max(figure.latest_at, latest_at or figure.latest_at)
    this, last = revenue[today], revenue[today - WEEK]
    open_hours = sorted({*this, *last})
    span = range(open_hours[0], open_hours[-1] + 1) if open_hours else range(0)
    return DayByHour(
        today=today,
        hours=tuple(Hour(hour, this.get(hour, 0), last.get(hour, 0)) for hour in span),
        revenue=sum(this.values()),
        sales=sales,
        week_ago=sum(last.values()),
        latest_at=latest_at,
    )


@dataclass(frozen=True, slots=True)
class Consequences:
    """What hangs on a device."""

    receipts: int
    total: int


def device_consequences(device: Device) -> Consequences:
    booked = Series.objects.filter(
        organisation_id=device.organisation_id, store_id=device.store_id, device_id=device.pk
    ).aggregate(Sum("sales"), Sum("total"))
    return Consequences(booked["sales__sum"] or 0, booked["total__sum"] or 0)
