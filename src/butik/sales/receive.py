"""A store's service receives what one of its devices brings: its own records, or another's (rescue)."""

from collections.abc import Sequence
from datetime import datetime

from butik.organisation.tenancy import tenant_scope
from butik.sales.journal import Decision, Outcome
from butik.sales.quota import book_within_quota
from butik.sales.reading import Place, Signer, open_record, read_record
from butik.sales.receipt import format_number
from butik.sales.signers import load_signers
from butik.sales.wire import Sale


def receive_from_device(documents: Sequence[str], *, place: Place, bearer: Signer, now: datetime) -> list[Decision]:
    """Store every record safely, booked or quarantined; one decision for each, in the same order.

    `bearer` is the device that has just proven itself: its key is not asked for again.
    """
    opened = [open_record(each) for each in documents]
    signers = {bearer.kid: bearer}
    others = {each.kid for each in opened} - {bearer.kid, ""}
    if others:
        with tenant_scope([place.organisation_id]):
            signers |= load_signers(place=place, kids=others)
    records = [read_record(each, place=place, signers=signers, received_at=now) for each in opened]
    return book_within_quota(records, place=place, bearer=bearer, forward=True, now=now)


def receipt_number(decision: Decision, place: Place) -> str:
    """The number of the sale as people see it; nothing for other records."""
    content = decision.record.content
    if decision.outcome is Outcome.QUARANTINED or not isinstance(content, Sale):
        return ""
    return format_number(place.store_number, content.pos, content.label, content.counter)
