from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from butik.audit_log.names import Subject


class RecoveryConfig(AppConfig):
    name = "butik.recovery"
    label = "recovery"

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject
        from butik.recovery.models import Recovery

        yield Subject(Recovery, lambda recovery: _("Emergency %(number)s") % {"number": recovery.emergency_number})
