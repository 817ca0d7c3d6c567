"""Receipts of the own store: search and reprint."""

from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from butik.lib import clock
from butik.lib.clock import to_wire
from butik.lib.machine_api import answer
from butik.lib.problems import Problem
from butik.pos_api import wire
from butik.pos_api.authentication import Caller, device_call
from butik.sales.actions import count_reprint
from butik.sales.models import Sale
from butik.sales.receipt import count_copies, format_number

PAGE = 50


@device_call()
def receipts(request: HttpRequest, caller: Caller) -> HttpResponse:
    place, query = caller.place, request.GET
    rows = Sale.objects.of_store(place.organisation_id, place.store_id)
    if "before" in query:
        rows = rows.before(_uuid(query["before"]))
    words, first, last = query.get("q", "")[:60], _day(query.get("from", "")), _day(query.get("to", ""))
    if not words.strip() and last is None:
        rows = rows.up_to(_tomorrow(place.timezone))
    rows = rows.matching(words, first, last)
    found = list(rows.newest_first().defer("document")[: PAGE + 1])
    listed = [
        wire.ReceiptRow(
            id=sale.id,
            number=format_number(place.store_number, sale.pos_number, sale.label, sale.counter),
            completed_at=to_wire(sale.corrected_at),
            total=sale.total,
            currency=sale.currency,
            pos=sale.pos_number,
            staff_number=sale.staff_number,
        )
        for sale in found[:PAGE]
    ]
    return answer(wire.Receipts(listed, more=len(found) > PAGE))


@device_call()
def receipt(request: HttpRequest, caller: Caller, sale_id: str) -> HttpResponse:
    place = caller.place
    sale = Sale.objects.of_store(place.organisation_id, place.store_id).filter(pk=_uuid(sale_id)).first()
    if sale is None:
        raise Problem("not-found", 404, "This store has no such receipt.")
    if request.GET.get("copy") == "1":
        actor = f"device:{caller.device_id}"
        copies = count_reprint(sale=sale, device_id=caller.device_id, actor=actor, now=clock.now())
    else:
        copies = count_copies(sale)
    number = format_number(place.store_number, sale.pos_number, sale.label, sale.counter)
    return answer(wire.Receipt(sale.document, number, copies))


def _tomorrow(timezone: str) -> date:
    """The last day that a clock may say that is only a little fast."""
    return (clock.now().astimezone(ZoneInfo(timezone)) + timedelta(days=1)).date()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Problem("bad-request", 422, "A date is not as it should be.", text[:40]) from error


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Problem("not-found", 404, "This store has no such receipt.") from error
