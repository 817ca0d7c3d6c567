"""The dashboard's rows: what is known of each store, in as many queries for a hundred stores as for one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from butik.error_log.models import ErrorEntry
from butik.organisation.models import Store
from butik.sales.checks import CLOCK_TOLERANCE
from butik.sales.models import DayFigure
from butik.staff.models import Person
from butik.store_management.readings import WEEK, business_date, latest_sale_of_each_pos
from butik.store_management.standing import Standing, read_standing

ERRORS_SINCE = timedelta(hours=24)
LOOKED_BACK = timedelta(days=14)
AHEAD = timedelta(days=1)  # of us, in the easternmost zone; later days are a wrong clock's


@dataclass(frozen=True, slots=True)
class Day:
    revenue: int = 0
    sales: int = 0


@dataclass(frozen=True, slots=True)
class StoreRow:
    """One store at one moment."""

    store: Store
    today: date
    standing: Standing
    kind: str  # of the standing now: ok, alert, down or unknown
    word: str
    revenue: Day
    week_ago: Day
    latest_sale_at: datetime | None
    errors: int

    @property
    def currency(self) -> str:
        return self.store.chain.currency

    @property
    def compared_with(self) -> date:
        return self.today - WEEK

    @property
    def fresh_until(self) -> datetime | None:
        """When the standing turns grey by itself, if it is not grey yet."""
        return None if self.kind == "unknown" else self.standing.fresh_until


@dataclass(slots=True)
class _Figures:
    days: dict[date, Day] = field(default_factory=dict)
    latest_at: datetime | None = None


def store_rows(person: Person, now: datetime, *, only: UUID | None = None) -> list[StoreRow]:
    """Rows of the stores that this person may see, by number."""
    stores = Store.objects.visible_to(person).select_related("chain", "status").order_by("chain__number", "number")
    chosen = list(stores.filter(pk=only) if only else stores)
    if not chosen:
        return []
    ids = [store.pk for store in chosen]
    figures = _figures(person, ids, now)
    latest_sales = latest_sale_of_each_pos(person, ids)
    errors = dict(
        ErrorEntry.objects.visible_to(person)
        .filter(store_id__in=ids, latest_at__gte=now - ERRORS_SINCE)
        .exclude(level=ErrorEntry.Level.WARNING)
        .values_list("store_id")
        .annotate(Count("pk"))
    )
    return [_row(store, now, figures[store.pk], latest_sales[store.pk], errors.get(store.pk, 0)) for store in chosen]


def _row(store: Store, now: datetime, figures: _Figures, latest_sales: dict[int, datetime], errors: int) -> StoreRow:
    today = business_date(store, now)
    status = getattr(store, "status", None)
    standing = read_standing(
        contact_at=status.contact_at if status else None,
        figures=status.figures if status else {},
        latest_sales=latest_sales,
    )
    return StoreRow(
        store=store,
        today=today,
        standing=standing,
        kind=standing.kind(now),
        word=standing.word(now),
        revenue=figures.days.get(today, Day()),
        week_ago=figures.days.get(today - WEEK, Day()),
        latest_sale_at=figures.latest_at,
        errors=errors,
    )


def _figures(person: Person, stores: Sequence[UUID], now: datetime) -> dict[UUID, _Figures]:
    found: dict[UUID, _Figures] = defaultdict(_Figures)
    days = (
        DayFigure.objects.visible_to(person)
        .filter(store_id__in=stores, business_date__range=((now - LOOKED_BACK).date(), (now + AHEAD).date()))
        .values_list("store_id", "business_date")
        .annotate(Sum("total"), Sum("sales"), latest=Max("latest_at", filter=Q(latest_at__lte=now + CLOCK_TOLERANCE)))
    )
    for store, day, total, sales, latest_at in days:
        figures = found[store]
        figures.days[day] = Day(total, sales)
        if latest_at is not None:
            figures.latest_at = max(latest_at, figures.latest_at or latest_at)
    return found
