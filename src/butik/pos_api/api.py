"""The device API: every address with what it takes and gives. Bodies are read and written by msgspec."""

from django.http import HttpRequest, HttpResponse

from butik.articles.lookup import FoundArticle
from butik.lib.machine_api import make_api
from butik.lib.openapi import describe
from butik.pos_api import device_calls, journal_call, prices, receipts, wire
from butik.sales import device_wire

STRUCTS = (
    device_wire.Time, wire.Enrol, wire.Enrolled, wire.State, wire.Enrolment, device_wire.Staff, device_wire.Prices,
    device_wire.Journal, device_wire.Booked, wire.Unpair, wire.Unpaired, wire.Receipts, wire.Receipt, FoundArticle,
)  # fmt: skip

api = make_api("Butik device API", "pos_api")

api.get("/time", openapi_extra=describe(device_wire.Time, proof=False))(device_calls.time)
api.post("/enrol", openapi_extra=describe(wire.Enrolled, wire.Enrol, proof=False))(device_calls.enrol)
api.get("/state", openapi_extra=describe(wire.State, query=("series", "sent")))(device_calls.state)
api.get("/enrolment", openapi_extra=describe(wire.Enrolment))(device_calls.enrolment)
api.get("/staff", openapi_extra=describe(device_wire.Staff))(device_calls.staff)
api.get("/prices", openapi_extra=describe(device_wire.Prices))(prices.manifest)
api.post("/journal", openapi_extra=describe(device_wire.Booked, device_wire.Journal))(journal_call.journal)
api.post("/unpair", openapi_extra=describe(wire.Unpaired, wire.Unpair))(device_calls.unpair)


@api.get("/prices/{sha256}", openapi_extra=describe(prices.CONTENT_TYPE))
def price_file(request: HttpRequest, sha256: str) -> HttpResponse:
    """The bytes of a price file."""
    return prices.content(request, sha256)


@api.get("/articles/by-barcode/{code}", openapi_extra=describe(FoundArticle))
def article(request: HttpRequest, code: str) -> HttpResponse:
    """One article, as the store has it now."""
    return prices.article(request, code)


@api.get("/receipts", openapi_extra=describe(wire.Receipts, query=("from", "to", "q", "before")))
def receipt_list(request: HttpRequest) -> HttpResponse:
    """Receipts of the store, newest first."""
    return receipts.receipts(request)


@api.get("/receipts/{sale_id}", openapi_extra=describe(wire.Receipt, query=("copy",)))
def receipt(request: HttpRequest, sale_id: str) -> HttpResponse:
    """One receipt; with `copy=1` it counts as a reprint."""
    return receipts.receipt(request, sale_id)
