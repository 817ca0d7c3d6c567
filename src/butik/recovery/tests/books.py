"""Everything that a recovery may write, as values: two stores that went the same way have the same."""

from typing import Any

from tests.support.till import Shop

from butik.changes.models import OutboxItem
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.recovery.models import RecoveredRecord, Recovery
from butik.sales.models import (
    DayFigure,
    DeviceEvent,
    Payment,
    QuarantinedRecord,
    Sale,
    SaleException,
    SaleLine,
    SaleVat,
    Series,
)

# What a person or an accountant would read. Ids of rows and moments of writing differ from run to run.
COLUMNS: dict[Any, tuple[str, ...]] = {
    Sale: ("id", "series_id", "counter", "total", "rounding", "hash", "document", "received_at", "business_date"),
    SaleLine: ("sale_id", "n", "article_number", "amount", "vat"),
    SaleVat: ("sale_id", "rate", "gross", "vat"),
    Payment: ("sale_id", "n", "tender", "amount"),
    Series: ("id", "label", "pos_number", "device_id", "latest_counter", "latest_hash", "sales", "total", "state",
             "opening", "closing", "closed_sales", "closed_total"),
    SaleException: ("sale_id", "kind", "detail"),
    QuarantinedRecord: ("hash", "reason", "accepted_by"),
    DeviceEvent: ("id", "kind", "hash"),
    DayFigure: ("business_date", "hour", "sales", "total", "vat"),
    Device: ("id", "kid", "state"),
}  # fmt: skip
WAY = {
    RecoveredRecord: ("position", "sale_id", "hash"),
    Recovery: ("state", "position", "head", "rows", "differences", "waiting"),
}


def books_of(shop: Shop, *, way: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    with tenant_scope([shop.store.organisation_id]):
        own = {"organisation_id": shop.store.organisation_id}
        read = COLUMNS | WAY if way else COLUMNS
        books = {
            model.__name__: sorted(model.objects.filter(**own).values_list(*columns), key=repr)
            for model, columns in read.items()
        }
        items = OutboxItem.objects.filter(**own, kind__in=["record", "device"])
        books["sent"] = sorted(items.values_list("kind", "body"), key=repr)
    return books
