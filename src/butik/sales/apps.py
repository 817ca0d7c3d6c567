from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class SalesConfig(AppConfig):
    name = "butik.sales"
    label = "sales"

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject
        from butik.sales.models import QuarantinedRecord, Sale

        yield Subject(Sale, lambda sale: f"{sale.pos_number}-{sale.label}-{sale.counter:06d}")
        yield Subject(QuarantinedRecord, lambda record: record.get_reason_display())
