"""What a store's outbox says of a sale: the item names it, its document stays where it is."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from butik.sales.models import Sale
from butik.sales.rows import record_body


def record_bodies(*, organisation_id: UUID, refs: Iterable[UUID]) -> dict[UUID, str]:
    """The bodies of outbox items of kind `record` that carry none, by the sale that they name."""
    rows = Sale.objects.filter(organisation_id=organisation_id, id__in=list(refs))
    return {
        sale_id: record_body(document, received_at)
        for sale_id, document, received_at in rows.values_list("id", "document", "received_at")
    }


def sales_received(*, organisation_id: UUID, since: datetime, until: datetime) -> list[UUID]:
    """The sales that came between two moments, both included."""
    rows = Sale.objects.filter(organisation_id=organisation_id, received_at__gte=since, received_at__lte=until)
    return list(rows.order_by("received_at", "id").values_list("id", flat=True))
