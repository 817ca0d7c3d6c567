"""How each store stands: its newest proven backup, and whether one is missing by its deadline, by our clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from butik.organisation.models import Store
from butik.vault.models import StoredBackup, StoredBackupQuerySet

DEADLINE = time(6)  # store-local: after the window 01:00-05:00
LONGEST = timedelta(hours=30)

State = StoredBackup.State


@dataclass(frozen=True, slots=True)
class Standing:
    """`deadline`: when the next proven backup must be here. `latest` may be newer than `proven`, and not judged yet."""

    state: Literal["PROVEN", "MISSING", "NEVER"]
    proven: StoredBackup | None
    latest: StoredBackup | None
    deadline: datetime | None
    kept: int  # proven backups

    @property
    def is_well(self) -> bool:
        return self.state == "PROVEN"


def deadline_after(received_at: datetime, timezone: str) -> datetime:
    """The first 06:00 of the store's clock that is a day or more later, and never more than 30 hours later."""
    zone = ZoneInfo(timezone)
    earliest = (received_at + timedelta(days=1)).astimezone(zone)
    six = datetime.combine(earliest.date(), DEADLINE, zone)
    if six < earliest:
        six = datetime.combine(earliest.date() + timedelta(days=1), DEADLINE, zone)
    return min(six.astimezone(UTC), received_at + LONGEST)


def standing_of(stores: Iterable[Store], now: datetime) -> Mapping[UUID, Standing]:
    """By store id. Call in the scope of their organisation; three questions, however many stores."""
    wanted = list(stores)
    rows = StoredBackup.objects.filter(store__in=wanted)
    proven, latest = _newest(rows.filter(state=State.PROVEN)), _newest(rows)
    counts = rows.values("store_id").annotate(kept=Count("id", filter=Q(state=State.PROVEN)))
    kept = {each["store_id"]: each["kept"] for each in counts}
    return {
        store.pk: _stand(store, proven.get(store.pk), latest.get(store.pk), kept.get(store.pk, 0), now)
        for store in wanted
    }


def _newest(rows: StoredBackupQuerySet) -> dict[UUID, StoredBackup]:
    return {each.store_id: each for each in rows.defer("staff", "manifest").order_by("received_at", "id")}


def _stand(
    store: Store, proven: StoredBackup | None, latest: StoredBackup | None, kept: int, now: datetime
) -> Standing:
    if proven is None:
        return Standing("NEVER", None, latest, None, 0)
    deadline = deadline_after(proven.received_at, store.timezone)
    return Standing("MISSING" if now > deadline else "PROVEN", proven, latest, deadline, kept)
