"""Records that an error of this software kept out of the journal: tried again, and booked once it is mended."""

import logging
from collections.abc import Sequence
from uuid import UUID

from butik.lib.clock import now
from butik.lib.faults import is_of_machine
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.actions import accept_quarantined
from butik.sales.models import QuarantinedRecord
from butik.sales.reading import open_record, read_record
from butik.sales.signers import load_signers, place_of

logger = logging.getLogger(__name__)
AT_ONCE = 100
WHY = "It had been kept out by an error of this software alone."


def retry_kept_out(organisations: Sequence[UUID]) -> None:
    """The worker's job. What now has another reason to wait (its device was revoked) waits on, for a person."""
    for organisation_id in organisations:
        with tenant_scope([organisation_id]):
            rows = QuarantinedRecord.objects.waiting().filter(
                organisation_id=organisation_id, reason=QuarantinedRecord.Reason.FAILED
            )
            held = list(rows.order_by("received_at")[:AT_ONCE])
            found = Store.objects.filter(organisation_id=organisation_id, pk__in={each.store_id for each in held})
            stores = {store.pk: store for store in found.select_related("chain")}
        for record in held:
            _retry(record, stores[record.store_id])


def _retry(held: QuarantinedRecord, store: Store) -> None:
    place, opened = place_of(store), open_record(held.document)
    try:
        with tenant_scope([held.organisation_id]):
            signers = load_signers(place=place, kids={opened.kid})
        if read_record(opened, place=place, signers=signers, received_at=held.received_at).reason is None:
            is_here = this_installation().store_id == store.pk
            accept_quarantined(record=held, store=store, reason=WHY, actor="system", forward=is_here, now=now())
    except Exception as error:
        if is_of_machine(error):
            raise
        logger.debug("Record %s cannot be booked yet: %r", held.hash[:16], error)
