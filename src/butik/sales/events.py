"""What a store's service does about the events that its devices report."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from butik.sales.journal import Decision, Outcome
from butik.sales.reading import Place, Record
from butik.sales.wire import Event
from butik.staff.actions import block_assistant
from butik.staff.models import ShopAssistant

PIN_BLOCKED = "PIN_BLOCKED"


def is_heeded(record: Record) -> bool:
    return isinstance(record.content, Event) and record.content.kind == PIN_BLOCKED


def heed_events(decisions: Iterable[Decision], place: Place, now: datetime) -> None:
    """In the transaction that keeps the events; a chain only keeps them, and learns what the store did about them."""
    for decision in decisions:
        event = decision.record.content
        if decision.outcome is Outcome.BOOKED and isinstance(event, Event) and is_heeded(decision.record):
            _block(event, place, now)


def _block(event: Event, place: Place, now: datetime) -> None:
    with suppress(ValueError):  # what a device says in `data` has no fixed form
        assistant = ShopAssistant.objects.filter(
            organisation_id=place.organisation_id, store_id=place.store_id, pk=UUID(str(event.data.get("staff")))
        ).first()
        if assistant is not None:
            version = event.data.get("pin_version")
            block_assistant(
                assistant=assistant,
                pin_version=version if isinstance(version, int) else assistant.pin_version,
                actor=f"device:{event.device}",
                now=now,
            )
