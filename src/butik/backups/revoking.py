"""The emergency cloud is told of each revoked device at once, and again until it has taken it (threat T13).

What there is to tell is read from the devices themselves: whoever revokes one need not know of this, and a store that
was put back tells it once more.
"""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from butik.backups.line import UploadTrouble, post_revocation
from butik.backups.models import RevocationSent
from butik.backups.words import TROUBLES
from butik.lib.clock import now
from butik.organisation.installation import this_installation
from butik.organisation.keys import service_key
from butik.organisation.models import Device, Store
from butik.organisation.pairing import Pairing, pairing_of
from butik.organisation.revocations import Revoked, sign_revocation
from butik.organisation.tenancy import tenant_scope

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
AT_ONCE = 100  # in one run

logger = logging.getLogger(__name__)


def work_revocations(organisations: Sequence[UUID]) -> None:
    here = this_installation()
    if not (here.store_id and here.organisation_id):
        return
    with tenant_scope([here.organisation_id]):
        store: Store | None = Store.objects.select_related("chain").filter(pk=here.store_id).first()
        pairing = pairing_of(store.chain) if store else None
    if store is not None and pairing is not None:
        send_revocations(store=store, pairing=pairing, moment=now())


def send_revocations(*, store: Store, pairing: Pairing, moment: datetime) -> int:
    """Tell what is not told yet and is due; return how many were taken. One that is not taken stops the others."""
    taken = 0
    for device in _untold(store, moment):
        if not _tell(store, pairing, device, moment):
            break
        taken += 1
    return taken


def _untold(store: Store, moment: datetime) -> list[Device]:
    with tenant_scope([store.organisation_id]):
        sent = RevocationSent.objects.filter(organisation_id=store.organisation_id, store=store)
        quiet = sent.filter(taken_at__isnull=False) | sent.filter(retry_at__gt=moment)
        revoked = Device.objects.filter(
            organisation_id=store.organisation_id, store=store, state=Device.State.REVOKED
        ).exclude(pk__in=quiet.values("device_id"))
        return list(revoked.order_by("-closed_at", "id")[:AT_ONCE])


def _tell(store: Store, pairing: Pairing, device: Device, moment: datetime) -> bool:
    said = Revoked(
        org=store.organisation_id,
        chain=store.chain_id,
        store=store.id,
        device=device.id,
        kid=device.kid,
        revoked_at=device.closed_at or moment,
    )
    trouble = None
    try:
        post_revocation(pairing=pairing, store=store, document=sign_revocation(said, service_key()))
    except UploadTrouble as error:
        trouble = error
    with tenant_scope([store.organisation_id]), transaction.atomic():
        row, _ = RevocationSent.objects.get_or_create(
            organisation_id=store.organisation_id,
            device=device,
            defaults={"chain_id": store.chain_id, "store": store},
        )
        row.attempts += 1
        row.taken_at = None if trouble else moment
        row.retry_at = moment + _pause(row.attempts) if trouble else None
        row.save()
    if trouble is not None and row.attempts == 1:
        logger.error(
            f"The emergency cloud does not know yet that {device.name} is revoked. {TROUBLES[trouble.code].english} %s",
            trouble.detail,
            extra={"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id},
        )
    return trouble is None


def _pause(attempts: int) -> timedelta:
    """Growing, and never the same for all stores at once."""
    grown: timedelta = FIRST_PAUSE * 2 ** min(attempts - 1, 10)
    return min(grown, LONGEST_PAUSE) * (0.75 + random.random() / 2)  # noqa: S311 - to spread, not to hide
