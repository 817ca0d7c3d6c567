"""What people and devices do with a journal that is never edited: ask for copies, take records out of quarantine."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.audit.actions import record as write_audit_line
from butik.changes.actions import put_in_outbox
from butik.lib.texts import plain_text
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.by_hand import book_by_hand, told_of
from butik.sales.commit import Bearer, book_records
from butik.sales.journal import Outcome
from butik.sales.models import QuarantinedRecord, Reprint, Sale
from butik.sales.reading import open_record, read_accepted
from butik.sales.receipt import count_copies
from butik.sales.rows import record_body
from butik.sales.signers import place_of
from butik.sales.wire import Acceptance, Figures


def count_reprint(*, sale: Sale, device_id: UUID | None, actor: str, now: datetime) -> int:
    """Note that a copy of a receipt was asked for, and return how many there are now."""
    with tenant_scope([sale.organisation_id]), transaction.atomic():
        Reprint.objects.create(
            organisation_id=sale.organisation_id, store_id=sale.store_id, sale_id=sale.id, device_id=device_id, at=now
        )
        write_audit_line(
            "sales.receipt.reprinted",
            organisation_id=sale.organisation_id,
            chain_id=sale.chain_id,
            store_id=sale.store_id,
            actor=actor,
            at=now,
            subject=sale.id,
        )
        return count_copies(sale)


def accept_quarantined(
    *,
    record: QuarantinedRecord,
    store: Store,
    reason: str,
    actor: str,
    forward: bool,
    now: datetime,
    figures: Figures | None = None,
) -> Outcome | None:
    """Take a record out of quarantine on a person's word, and book it if it can be booked.

    Returns what became of it; None when somebody else was faster. A record that is not readable, is another store's,
    or whose id or number is taken stays outside the figures: accepting it only says that somebody has dealt with it.
    Unless she says what it was: with `figures` a record that nobody can read is booked by hand.
    `forward` tells the chain too (a store's service).
    """
    place, reason = place_of(store), plain_text(reason)
    opened = read_accepted(open_record(record.document), place=place, received_at=record.received_at)
    with tenant_scope([record.organisation_id]), transaction.atomic():
        claimed = QuarantinedRecord.objects.filter(pk=record.pk, accepted_at__isnull=True).update(
            accepted_at=now, accepted_by=actor, accept_reason=reason[:300]
        )
        if claimed != 1:
            return None
        outcome = Outcome.QUARANTINED
        by_hand = figures if opened.content is None and record.reason != QuarantinedRecord.Reason.OVER_QUOTA else None
        if by_hand:
            outcome = book_by_hand(record=record, figures=by_hand, place=place, actor=actor, now=now)
        elif opened.reason is None:
            outcome = book_records([opened], place=place, bearer=Bearer(None, forward=False), now=now)[0].outcome
        if forward:
            put_in_outbox(
                kind="record",
                organisation_id=record.organisation_id,
                at=now,
                body=record_body(
                    record.document, record.received_at, accepted=Acceptance(actor, reason[:300], by_hand)
                ),
            )
        write_audit_line(
            "sales.quarantine.booked" if by_hand else "sales.quarantine.accepted",
            organisation_id=record.organisation_id,
            chain_id=record.chain_id,
            store_id=record.store_id,
            actor=actor,
            at=now,
            subject=record.id,
            outcome=outcome.value,
            quarantined_for=record.reason,
            **told_of(by_hand),
        )
    return outcome
