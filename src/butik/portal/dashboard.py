"""The dashboard's rows: what is known of each store, in as many queries for a hundred stores as for one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from butik.error_log.models import ErrorEntry
from butik.organisation.models import Store
from butik.sales.checks import CLOCK_TOLERANCE
from butik.sales.models import DayFigure
from butik.staff.models import Person
from butik.store_management.readings import WEEK, business_date, latest_sale_of_each_pos
from butik.store_management.standing import Standing, answer, leaving_answer, read_standing
from butik.store_management.status import Leaving, chains_that_may_have_left

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
    leaving: Leaving | None  # with all tills of its chain
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
    standings = {store.pk: _standing(store, latest_sales[store.pk]) for store in chosen}
    leaving = _leaving(chosen, standings, now)
    return [
        _row(store, standings[store.pk], leaving.get(store.chain_id), now, figures[store.pk], errors.get(store.pk, 0))
        for store in chosen
    ]


@dataclass(frozen=True, slots=True)
class FirstLine:
    """What stands above the rows: one sentence of all stores, and one of each chain that may have left."""

    answer: str
    leaving: Sequence[tuple[str, Leaving]]


def first_line(rows: Sequence[StoreRow], now: datetime) -> FirstLine:
    gone: dict[UUID, list[StoreRow]] = defaultdict(list)
    here = []
    for row in rows:
        if row.leaving:
            gone[row.store.chain_id].append(row)
        else:
            here.append(row.standing)
    said = [
        (leaving_answer([each.standing for each in of_chain], now), of_chain[0].leaving) for of_chain in gone.values()
    ]
    return FirstLine(answer(here, now) if here or not rows else "", [(words, each) for words, each in said if each])


def _standing(store: Store, latest_sales: dict[int, datetime]) -> Standing:
    status = getattr(store, "status", None)
    return read_standing(
        contact_at=status.contact_at if status else None,
        figures=status.figures if status else {},
        latest_sales=latest_sales,
    )


def _leaving(stores: Sequence[Store], standings: dict[UUID, Standing], now: datetime) -> dict[UUID, Leaving]:
    """By chain. Asked only where none of the stores shown sells."""
    selling = {store.chain_id for store in stores if standings[store.pk].sells(now)}
    silent = {store.chain_id: store.chain for store in stores if store.chain_id not in selling}
    return {each.chain.pk: each for each in chains_that_may_have_left(silent.values(), now)}


def _row(
    store: Store, standing: Standing, leaving: Leaving | None, now: datetime, figures: _Figures, errors: int
) -> StoreRow:
    today = business_date(store, now)
    standing = replace(standing, may_have_left=leaving is not None)
    return StoreRow(
        store=store,
        today=today,
        standing=standing,
        leaving=leaving,
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
