from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right

if TYPE_CHECKING:
    from butik.audit_log.names import Subject
    from butik.staff.models import Person


class EmergencyConfig(AppConfig):
    name = "butik.emergency"
    label = "emergency"
    serves_devices = True  # at /live/pos too
    ribbon = (
        Entry(10, "emergency:board", _("Board"), "layout-dashboard", Right.EMERGENCY_EMERGENCY_VIEW),
        Entry(20, "emergency:chains", _("Chain"), "building-store", Right.EMERGENCY_EMERGENCY_VIEW),
    )

    def bands(self, person: "Person") -> list[Any]:
        """What every page of this service says above everything else."""
        from butik.emergency.band import bands

        return list(bands(person))

    def subjects(self) -> "Iterator[Subject]":
        """What the audit log says for the ids in this app's acts."""
        from butik.audit_log.names import Subject
        from butik.emergency.models import Assignment, Emergency, SupportCase

        yield Subject(Emergency, lambda emergency: _("Emergency %(number)s") % {"number": emergency.number})
        yield Subject(Assignment, lambda assignment: assignment.label)
        yield Subject(SupportCase, lambda case: case.caller)
