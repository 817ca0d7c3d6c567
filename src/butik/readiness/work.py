"""What a chain's worker does: hold the deadlines of the stores' backups, by its own clock."""

from collections.abc import Iterable
from uuid import UUID

from butik.lib.clock import now
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.readiness.actions import check_deadlines


def watch_backups(organisations: Iterable[UUID]) -> int:
    complaints = 0
    for organisation_id in organisations:
        with tenant_scope([organisation_id]):
            for chain in Chain.objects.filter(organisation_id=organisation_id).exclude(emergency=""):
                complaints += check_deadlines(chain=chain, now=now())
    return complaints
