"""The worker's part of a recovery: sales come down by themselves, and totals are compared as soon as all are here."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from butik.lib.clock import is_within, now
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.recovery.actions import compare, fetch, note_trouble
from butik.recovery.cloud import CloudTrouble, cloud_of
from butik.recovery.models import Recovery

logger = logging.getLogger(__name__)
COMPARED_EVERY = timedelta(seconds=5)  # when nothing is sold any more
LOOKED_AT_EVERY = timedelta(seconds=30)
LATE_EVERY = timedelta(minutes=5)  # after the recovery: a device that was off may still have sales


def work_recoveries(organisations: Sequence[UUID]) -> None:
    """The worker's job: bring every recovery of this service's stores as far as it goes without a person."""
    for recovery in _open_recoveries(organisations):
        work_recovery(recovery)


def work_recovery(recovery: Recovery) -> Recovery:
    """Fetch what there is; when the devices were stopped, compare. Trouble is told on the page, and tried again."""
    store: Store = recovery.store
    try:
        cloud = cloud_of(store)
    except CloudTrouble as trouble:
        note_trouble(recovery=recovery, said=str(trouble), now=now())
        return recovery
    try:
        before = recovery.position
        recovery = fetch(recovery=recovery, store=store, cloud=cloud)
        pause = COMPARED_EVERY if recovery.is_released else LOOKED_AT_EVERY
        is_due = not is_within(pause, recovery.compared_at, now())
        if not recovery.is_recovered and recovery.is_level and (recovery.position != before or is_due):
            recovery = compare(recovery=recovery, store=store, cloud=cloud, now=now())
    except CloudTrouble as trouble:
        if recovery.trouble != str(trouble)[:300]:
            logger.warning("Recovery from emergency %s: %s", recovery.emergency_number, trouble)
        note_trouble(recovery=recovery, said=str(trouble), now=now())
    finally:
        cloud.close()
    return recovery


def _open_recoveries(organisations: Sequence[UUID]) -> list[Recovery]:
    found: list[Recovery] = []
    moment = now()
    for organisation in organisations:
        with tenant_scope([organisation]):
            rows = Recovery.objects.filter(organisation_id=organisation).select_related("store__chain")
            found += rows.exclude(state=Recovery.State.RECOVERED)
            late = rows.filter(state=Recovery.State.RECOVERED, expires_at__gt=moment)
            found += late.exclude(fetched_at__range=(moment - LATE_EVERY, moment + LATE_EVERY))
    return found
