"""A record that nobody can read is booked by hand: a person says what it was, and then it counts."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import F

from butik.lib.money import included_vat
from butik.live.actions import announce
from butik.sales.checks import LARGEST_COIN
from butik.sales.journal import Outcome
from butik.sales.models import DayFigure, HandBooking, QuarantinedRecord
from butik.sales.reading import Place, open_record, read_accepted
from butik.sales.rows import SALES_TOPIC
from butik.sales.wire import Figures

LONGEST_AGO = timedelta(days=400)  # from the day of the sale to the day on which it is booked
NOON = 12


def may_be_booked_by_hand(record: QuarantinedRecord, place: Place) -> bool:
    """Whether it waits, and is one record that nobody can read. What can be read is accepted as it is."""
    if record.accepted_at or record.reason == QuarantinedRecord.Reason.OVER_QUOTA:
        return False
    opened = open_record(record.document)
    return read_accepted(opened, place=place, received_at=record.received_at).content is None


def figures_fault(figures: Figures) -> str:
    """The first thing in them that cannot be; empty when they agree."""
    rates, tenders = {each.rate for each in figures.vat}, {each.tender for each in figures.payments}
    if len(rates) < len(figures.vat) or len(tenders) < len(figures.payments):
        return "a rate or tender stands there twice"
    if figures.total <= 0 or any(each.gross <= 0 for each in figures.vat):
        return "an amount is not above zero"
    if any(each.vat != included_vat(each.gross, each.rate) for each in figures.vat):
        return "VAT does not follow from its rate"
    if sum(each.gross for each in figures.vat) != figures.total:
        return "the amounts by rate do not add up to the total"
    if any(each.amount <= 0 for each in figures.payments) or not rounds_well(figures):
        return "what was paid is not the total"
    return ""


def rounds_well(figures: Figures) -> bool:
    """Cash is rounded to a coin; anything else is paid to the penny."""
    has_cash = any(each.tender == "CASH" for each in figures.payments)
    return abs(figures.rounding) <= (LARGEST_COIN // 2 if has_cash else 0)


def is_plausible_day(day: date, place: Place, now: datetime) -> bool:
    today = now.astimezone(ZoneInfo(place.timezone)).date()
    return today - LONGEST_AGO <= day <= today


def book_by_hand(*, record: QuarantinedRecord, figures: Figures, place: Place, actor: str, now: datetime) -> Outcome:
    """In the transaction of the caller, who has taken the record out of quarantine."""
    fault = figures_fault(figures)
    if fault:
        raise ValueError(fault)
    of_store = {"organisation_id": place.organisation_id, "store_id": place.store_id}
    HandBooking.objects.create(
        **of_store,
        chain_id=place.chain_id,
        hash=record.hash,
        pos_number=figures.pos,
        business_date=figures.date,
        currency=figures.currency,
        total=figures.total,
        rounding=figures.rounding,
        vat=msgspec.to_builtins(figures.vat),
        payments=msgspec.to_builtins(figures.payments),
        booked_at=now,
        booked_by=actor,
    )
    QuarantinedRecord.objects.filter(pk=record.pk, organisation_id=place.organisation_id).update(is_booked_by_hand=True)
    _count(record, figures, place)
    announce(SALES_TOPIC, **of_store, chain_id=place.chain_id, ref=place.store_id, at=now)
    return Outcome.BOOKED


def _count(record: QuarantinedRecord, figures: Figures, place: Place) -> None:
    received = record.received_at.astimezone(ZoneInfo(place.timezone))
    figure, _ = DayFigure.objects.get_or_create(
        organisation_id=place.organisation_id,
        store_id=place.store_id,
        business_date=figures.date,
        hour=received.hour if received.date() == figures.date else NOON,
        currency=figures.currency,
        defaults={"chain_id": place.chain_id, "latest_at": record.received_at},
    )
    DayFigure.objects.filter(pk=figure.pk, organisation_id=place.organisation_id).update(
        sales=F("sales") + 1,
        total=F("total") + figures.total,
        vat=F("vat") + sum(each.vat for each in figures.vat),
    )


def told_of(figures: Figures | None) -> dict[str, Any]:
    """What the audit log says of a booking by hand."""
    if figures is None:
        return {}
    return {"pos": figures.pos, "date": figures.date.isoformat(), "total": figures.total, "currency": figures.currency}
