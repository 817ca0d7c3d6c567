from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class PricingConfig(AppConfig):
    name = "butik.pricing"
    label = "pricing"

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject
        from butik.pricing.models import PriceFile

        yield Subject(PriceFile, lambda file: _("price file %(version)s") % {"version": file.version})
