"""The worker's part: go on where a service died, and sign again what would expire."""

from collections.abc import Sequence
from uuid import UUID

from butik.emergency.actions import finish_what_began
from butik.lib.clock import now


def work_emergencies(organisations: Sequence[UUID]) -> None:
    for organisation_id in organisations:
        finish_what_began(organisation_id=organisation_id, now=now())
