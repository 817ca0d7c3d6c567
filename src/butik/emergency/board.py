"""What the board shows: could each store sell tonight, and how far is it in an emergency. Few queries for many."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from butik.emergency.actions import today
from butik.emergency.models import Assignment, Emergency, EmergencyStore, Readiness
from butik.organisation.models import Device, Store
from butik.sales.models import Series
from butik.staff.models import Person
from butik.vault.models import StoredBackup

DEADLINE = timedelta(hours=30)  # a backup a day, and six hours for one that is late
CHECKED_LATELY = timedelta(hours=36)  # devices check their readiness at night
DAYS = 30


@dataclass(frozen=True, slots=True)
class Dot:
    """A day of the calendar: what was received on it."""

    day: date
    kind: str  # ok, alert, down, unknown
    word: str


@dataclass(frozen=True, slots=True)
class StoreRow:
    """Whether a store could sell tonight, from what, and with how many devices."""

    store: Store
    backup: Any  # the newest proven one, or None
    dots: Sequence[Dot]
    devices: int
    ready: int  # of them have checked their readiness lately
    holding: int  # of them hold the price file that they would sell from
    now: datetime
    quarantined: int = 0  # backups that wait for a person, newer than the newest proven one

    @property
    def could_sell(self) -> bool:
        return self.backup is not None and bool(self.backup.price_sha256) and self.devices > 0

    @property
    def is_late(self) -> bool:
        return self.backup is not None and self.now - self.backup.received_at > DEADLINE

    @property
    def kind(self) -> str:
        if not self.could_sell:
            return "down"
        return "alert" if self.is_late or self.quarantined else "ok"

    @property
    def word(self) -> str:
        if self.backup is None:
            return _("No proven backup")
        if not self.backup.price_sha256:
            return _("Nothing to sell from")
        if not self.devices:
            return _("No device")
        if self.quarantined:
            return _("Newest backup in quarantine")
        return _("Backup missing") if self.is_late else _("Could sell")


@dataclass(frozen=True, slots=True)
class EmergencyRow:
    """A store in an active emergency."""

    row: EmergencyStore
    devices: int
    switched: int
    sales: int
    total: int

    @property
    def store(self) -> Store:
        return self.row.store

    @property
    def kind(self) -> str:
        state = self.row.state
        if state == EmergencyStore.State.SELLING:
            return "down" if self.row.choice == EmergencyStore.Choice.NONE else "ok"
        return "ok" if state == EmergencyStore.State.RECOVERED else "alert"

    @property
    def word(self) -> str:
        if self.row.state == EmergencyStore.State.SELLING and self.row.choice == EmergencyStore.Choice.NONE:
            return _("Cannot sell: no backup")
        return str(self.row.get_state_display())


def store_rows(person: Person, now: datetime, *, chain_id: UUID | None = None) -> list[StoreRow]:
    stores = Store.objects.visible_to(person).select_related("chain").order_by("chain__number", "number")
    chosen = list(stores.filter(chain_id=chain_id) if chain_id else stores)
    ids = [store.pk for store in chosen]
    newest, days, waiting = _backups(person, ids)
    devices = Counter(_active(person, ids).values_list("store_id", flat=True))
    checks = defaultdict[UUID, list[Readiness]](list)
    for each in Readiness.objects.visible_to(person).filter(
        store_id__in=ids, device__state=Device.State.ACTIVE, checked_at__gte=now - CHECKED_LATELY
    ):
        checks[each.store_id].append(each)
    return [
        StoreRow(
            store=store,
            backup=newest.get(store.pk),
            dots=_dots(days[store.pk], today(now)),
            devices=devices[store.pk],
            ready=len(checks[store.pk]),
            holding=_holding(checks[store.pk], newest.get(store.pk)),
            now=now,
            quarantined=waiting[store.pk],
        )
        for store in chosen
    ]


def answer(rows: Sequence[StoreRow]) -> str:
    """The first line."""
    if not rows:
        return _("No store yet")
    could = sum(row.could_sell and not row.is_late for row in rows)
    if could == len(rows):
        said = ngettext("The store could sell tonight", "All %(count)d stores could sell tonight", len(rows))
        return said % {"count": len(rows)}
    return _("%(could)d of %(count)d stores could sell tonight") % {"could": could, "count": len(rows)}


def emergency_rows(emergency: Emergency) -> list[EmergencyRow]:
    of_emergency = {"organisation_id": emergency.organisation_id, "emergency": emergency}
    assigned = Assignment.objects.filter(**of_emergency)
    switched = dict(assigned.values_list("store_id").annotate(Count("pk")))
    devices = dict(
        Device.objects.filter(
            organisation_id=emergency.organisation_id, chain_id=emergency.chain_id, state=Device.State.ACTIVE
        )
        .values_list("store_id")
        .annotate(Count("pk"))
    )
    series = Series.objects.filter(organisation_id=emergency.organisation_id, pk__in=assigned.values("series_id"))
    sums = {store: (sales, total) for store, sales, total in _sums(series)}
    rows = EmergencyStore.objects.filter(**of_emergency).select_related("store__chain", "emergency")
    return [
        EmergencyRow(
            row,
            devices.get(row.store_id, 0),
            switched.get(row.store_id, 0),
            *sums.get(row.store_id, (0, 0)),
        )
        for row in rows.order_by("store__number")
    ]


def emergency_answer(rows: Sequence[EmergencyRow]) -> str:
    selling = sum(each.row.state == EmergencyStore.State.SELLING and each.kind == "ok" for each in rows)
    recovered = sum(each.row.state == EmergencyStore.State.RECOVERED for each in rows)
    said = _("Emergency: %(selling)d of %(count)d stores sell from their backup") % {
        "selling": selling,
        "count": len(rows),
    }
    if recovered:
        said += ", " + ngettext("%(count)d has recovered", "%(count)d have recovered", recovered) % {"count": recovered}
    return said


def _sums(series: Any) -> Iterable[tuple[UUID, int, int]]:
    rows: Iterable[tuple[UUID, int, int]] = series.values_list("store_id").annotate(Sum("sales"), Sum("total"))
    return rows


def _active(person: Person, stores: Sequence[UUID]) -> Any:
    return Device.objects.visible_to(person).filter(store_id__in=stores, state=Device.State.ACTIVE)


def _backups(
    person: Person, stores: Sequence[UUID]
) -> tuple[dict[UUID, StoredBackup], dict[UUID, dict[date, set[str]]], Counter[UUID]]:
    waiting: Counter[UUID] = Counter()
    newest: dict[UUID, StoredBackup] = {}
    days: dict[UUID, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows = StoredBackup.objects.visible_to(person).filter(store_id__in=stores).defer("manifest", "proof", "staff")
    for each in rows.order_by("-received_at", "-id"):
        days[each.store_id][each.day].add(each.state)
        if each.state == StoredBackup.State.PROVEN:
            newest.setdefault(each.store_id, each)
        elif each.state == StoredBackup.State.QUARANTINED and each.store_id not in newest:
            waiting[each.store_id] += 1
    return newest, days, waiting


def _dots(days: dict[date, set[str]], until: date) -> list[Dot]:
    return [_dot(day, days.get(day, set())) for day in (until - timedelta(days=back) for back in reversed(range(DAYS)))]


def _dot(day: date, states: set[str]) -> Dot:
    if StoredBackup.State.PROVEN in states:
        return Dot(day, "ok", _("proven"))
    if StoredBackup.State.QUARANTINED in states:
        return Dot(day, "alert", _("in quarantine"))
    if StoredBackup.State.RECEIVED in states:
        return Dot(day, "alert", _("not judged yet"))
    if StoredBackup.State.REFUSED in states:
        return Dot(day, "down", _("refused"))
    return Dot(day, "unknown", _("none"))


def _holding(checks: Sequence[Readiness], backup: Any) -> int:
    return sum(backup is not None and each.held_sha256 == backup.price_sha256 != "" for each in checks)
