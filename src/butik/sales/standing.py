"""How far a service has got with a device's series: the device compares, and sends again what is missing.

A service that was put back to an older state has acknowledged sales that it does not have any more. Whoever can bring
them is the device: so both say their counters at each contact, and the service says what it misses until it has it.
"""

import logging
from datetime import datetime
from uuid import UUID

from butik.sales.device_wire import SeriesStanding
from butik.sales.models import Sale, Series
from butik.sales.reading import Place

log = logging.getLogger(__name__)

_missing: dict[UUID, int] = {}  # series to the counter up to which something was found to be missing


def series_standing(
    *, series_id: UUID, device_id: UUID, place: Place, not_passed_on_since: datetime | None
) -> SeriesStanding | None:
    """None when this service does not know the series, or it is another device's.

    `not_passed_on_since`: when the first thing came that the next service has not acknowledged; None when it has all.
    """
    head = (
        Series.objects.filter(organisation_id=place.organisation_id, pk=series_id, device_id=device_id)
        .values_list("latest_counter", "latest_hash", "sales")
        .first()
    )
    if head is None:
        return None
    counter, latest_hash, sales = head
    passed_on = counter if not_passed_on_since is None else _received_before(not_passed_on_since, series_id, place)
    return SeriesStanding(series_id, counter, latest_hash, sales, passed_on)


def _received_before(moment: datetime, series_id: UUID, place: Place) -> int:
    """The highest counter of the series that came before; read from its end, so only what waits is passed over."""
    where = {"organisation_id": place.organisation_id, "store_id": place.store_id, "series_id": series_id}
    older = Sale.objects.filter(**where, received_at__lt=moment).order_by("-counter")
    return older.values_list("counter", flat=True).first() or 0


def note_missing(*, series_id: UUID, standing: SeriesStanding | None, sent: int, name: str) -> None:
    """Say once what a device has been told is safe and is not here, and once when it is here again."""
    has = standing.counter if standing else 0
    if sent > has:
        if _missing.get(series_id, -1) < sent:
            _missing[series_id] = sent
            log.error(
                "%s: sales %d to %d were acknowledged and are not here: this service was put back to an older state."
                " The device sends them again.",
                name,
                has + 1,
                sent,
            )
    elif series_id in _missing and has >= _missing[series_id]:
        log.warning("%s: the sales up to %d that were missing are here again.", name, _missing.pop(series_id))
