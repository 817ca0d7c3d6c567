"""The worker's part: go on where a service died, and sign again what would expire."""

from collections.abc import Sequence
from uuid import UUID

from butik.emergency.actions import finish_what_began
from butik.emergency.activating import carry_out_activations
from butik.lib.clock import now


def work_emergencies(organisations: Sequence[UUID]) -> None:
    for organisation_id in organisations:
        finish_what_began(organisation_id=organisation_id, now=now())


def carry_out(organisations: Sequence[UUID]) -> None:
    """Each second, for a countdown that people watch."""
    for organisation_id in organisations:
        carry_out_activations(organisation_id=organisation_id, now=now())
