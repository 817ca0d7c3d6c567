"""The board's rows, in as many queries for a hundred stores as for one, and its first line."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from butik.organisation.models import Store
from butik.organisation.pairing import pairing_of
from butik.readiness.models import BackupReport, BackupWatch
from butik.readiness.queries import newest_proven
from butik.readiness.rules import CALENDAR, Readiness, Told, calendar
from butik.staff.models import Person

State = BackupReport.State
NAMED = 2  # stores that the first line names; the table has the others


@dataclass(frozen=True, slots=True)
class Dot:
    day: date
    kind: str  # ok, alert, down, unknown
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One store at one moment."""

    store: Store
    readiness: Readiness
    kind: str
    word: str
    proven: BackupReport | None
    failure: BackupReport | None  # newer than the last proven backup
    dots: list[Dot]

    @property
    def has_service(self) -> bool:
        """Whether it has a service that could make a backup at all."""
        return self.store.key is not None

    @property
    def proven_days(self) -> int:
        return sum(dot.kind == "ok" for dot in self.dots)


def board_rows(person: Person, now: datetime, *, only: UUID | None = None) -> list[Row]:
    """Rows of the stores that this person may see, by number."""
    stores = Store.objects.visible_to(person).select_related("chain").order_by("chain__number", "number")
    chosen = list(stores.filter(pk=only) if only else stores)
    if not chosen:
        return []
    paired = {store.chain_id: pairing_of(store.chain) is not None for store in chosen}
    reports = BackupReport.objects.visible_to(person).filter(store_id__in=[store.pk for store in chosen])
    newest = newest_proven(reports)
    watches = dict(BackupWatch.objects.visible_to(person).values_list("store_id", "since"))
    lately: dict[UUID, list[BackupReport]] = defaultdict(list)
    # newest first; a day more, for the time zones
    for report in reports.filter(made_at__gte=now - timedelta(days=CALENDAR + 1)).defer("proof").order_by("-made_at"):
        lately[report.store_id].append(report)
    return [
        _row(
            store, Readiness(paired[store.chain_id], newest.get(store.pk), watches.get(store.pk)), lately[store.pk], now
        )
        for store in chosen
    ]


def _row(store: Store, readiness: Readiness, reports: Sequence[BackupReport], now: datetime) -> Row:
    proven = max((each for each in reports if each.state == State.PROVEN), key=_received, default=None)
    failure = next((each for each in reports if _is_failure(each)), None)
    if failure and proven and failure.made_at < proven.made_at:
        failure = None
    told = [Told(each.state, each.received_at or min(each.made_at, each.reported_at)) for each in reports]
    dots = [Dot(day, kind, _say_day(day, kind)) for day, kind in calendar(told, now=now, timezone=store.timezone)]
    kind, word = _standing(store, readiness, now)
    return Row(store, readiness, kind, word, proven, failure, dots)


def _received(report: BackupReport) -> datetime:
    assert report.received_at is not None  # noqa: S101 - a proven one was received
    return report.received_at


def _is_failure(report: BackupReport) -> bool:
    return report.state in {State.FAILED, State.QUARANTINED} or bool(report.state == State.UPLOADED and report.detail)


def _standing(store: Store, readiness: Readiness, now: datetime) -> tuple[str, str]:
    if store.key is None:
        return "unknown", _("No service yet")
    if not readiness.is_paired:
        return "down", _("No emergency cloud")
    if readiness.is_ready(now):
        return "ok", _("Could sell tonight")
    if readiness.is_missing(now):
        return "down", _("No proven backup")
    return "alert", _("Waits for its first backup")


def _say_day(day: date, kind: str) -> str:
    words = {
        "ok": _("proven"),
        "alert": _("made, not proven"),
        "down": _("failed"),
        "unknown": _("no backup"),
    }
    # Translators: a date format of Django, as in Sat 14 Nov
    return f"{date_format(day, _('D j M'))}: {words[kind]}"


def first_line(rows: Sequence[Row], now: datetime) -> str:
    """Could all stores sell tonight? If not: which, and why."""
    counted = [row for row in rows if row.has_service]
    total, ready = len(counted), sum(row.readiness.is_ready(now) for row in counted)
    if not total:
        return _("No store has a service yet")
    if ready == total:
        return ngettext("The store could sell tonight", "All %(count)d stores could sell tonight", total) % {
            "count": total
        }
    said = ngettext(
        "%(ready)d of %(total)d store could sell tonight", "%(ready)d of %(total)d stores could sell tonight", total
    )
    said %= {"ready": ready, "total": total}
    if not any(row.readiness.is_paired for row in counted):
        return said
    lacking = sorted((row for row in counted if not row.readiness.is_ready(now)), key=_longest_first)
    reasons = [_reason(row, now) for row in lacking[:NAMED]]
    if len(lacking) > NAMED:
        reasons.append(_("%d more") % (len(lacking) - NAMED))
    return f"{said}: {'; '.join(reasons)}"


def _longest_first(row: Row) -> tuple[bool, float]:
    """Those that have waited longest; then those that never had one."""
    proven_at = row.readiness.proven_at
    return (proven_at is None, proven_at.timestamp() if proven_at else 0.0)


def _reason(row: Row, now: datetime) -> str:
    names = {"store": row.store.name}
    if not row.readiness.is_paired:
        return _("%(store)s has no emergency cloud") % names
    proven_at = row.readiness.proven_at
    if proven_at is None:
        return _("%(store)s has had no proven backup yet") % names
    hours = int((now - proven_at) / timedelta(hours=1))
    if hours < 48:
        return _("%(store)s has had no proven backup for %(hours)d hours") % (names | {"hours": hours})
    return _("%(store)s has had no proven backup for %(days)d days") % (names | {"days": hours // 24})
