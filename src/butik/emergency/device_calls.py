"""What devices ask the emergency cloud, in normal days (ready?) and in an emergency."""

from datetime import datetime

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from butik.emergency import wire
from butik.emergency.authentication import Caller, NewCaller, device_call, identify, introduce, require_active
from butik.emergency.entering import enter as enter_emergency
from butik.emergency.entering import not_active
from butik.emergency.journal import receive_records
from butik.emergency.models import Order, Paper, Readiness
from butik.emergency.newcomers import place_of_new, set_aside
from butik.emergency.orders import order_for
from butik.emergency.papers import papers_of
from butik.lib import clock
from butik.lib.machine_api import answer, decode_body
from butik.lib.problems import Problem
from butik.live.actions import announce
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.sales import device_wire
from butik.sales.receive import receipt_number
from butik.sales.standing import note_missing, series_standing
from butik.vault.models import StoredPrices

MINIMUM_APP = "0.1.0"
JOURNAL_LIMIT = 8 * 1024 * 1024
CONTENT_TYPE = "application/vnd.butik.prices+gzip"

_decode_enter = msgspec.json.Decoder(wire.Enter)
_decode_journal = msgspec.json.Decoder(device_wire.Journal)


def time(request: HttpRequest) -> HttpResponse:
    return answer(device_wire.Time(clock.now().timestamp()))


def ready(request: HttpRequest) -> HttpResponse:
    """The readiness check of a device; a stranger with good papers is known from now on."""
    caller, said = introduce(request)
    require_active(caller.device)
    moment = clock.now()
    with tenant_scope([caller.device.organisation_id]):
        note_readiness(device=caller.device, app=said.app, held=said.holds, now=moment)
        papers = papers_of(caller.store, moment, said.known)
        return answer(wire.IsReady(moment.timestamp(), _order(caller), _version(papers.prices)))


@device_call
def state(request: HttpRequest, caller: Caller) -> HttpResponse:
    """The cheap poll: the order that this device obeys, and which prices and staff there are."""
    moment = clock.now()
    papers = papers_of(caller.store, moment, device_wire.read_known_versions(request.GET))
    return answer(
        wire.State(
            server_time=moment.timestamp(),
            order=_order(caller),
            prices=_version(papers.prices),
            staff=device_wire.Numbered(papers.staff.version if papers.staff else 0),
            minimum_app=MINIMUM_APP,
            series=_standing(request, caller),
        )
    )


def _standing(request: HttpRequest, caller: Caller) -> device_wire.SeriesStanding | None:
    """Nobody has these sales but the device and we, until the store comes home: its word is not passed on."""
    asked, device = device_wire.read_series_query(request.GET), caller.device
    if asked is None:
        return None
    standing = series_standing(
        series_id=asked.series, device_id=device.pk, place=caller.place, not_passed_on_since=None
    )
    name = f"Store {caller.store.number}, device {device.name}"
    note_missing(series_id=asked.series, standing=standing, sent=asked.sent, name=name)
    return msgspec.structs.replace(standing, passed_on=0) if standing else None


@device_call
def enter(request: HttpRequest, caller: Caller) -> HttpResponse:
    """The device's place in the emergency, with what it sells from."""
    wanted = decode_body(caller.body, _decode_enter)
    device, moment = caller.device, clock.now()
    order = (
        Order.objects.select_related("emergency")
        .filter(organisation_id=device.organisation_id, chain_id=device.chain_id, kind=Order.Kind.ACTIVATE)
        .filter(pk=wanted.order)
        .first()
    )
    if order is None:
        raise not_active()
    assignment = enter_emergency(device=device, order=order, now=moment)
    papers = papers_of(caller.store, moment, wanted.known)
    return answer(wire.Entered(assignment.document, _document(papers.prices), _document(papers.staff)))


@device_call
def staff(request: HttpRequest, caller: Caller) -> HttpResponse:
    found = papers_of(caller.store, clock.now()).staff
    if found is None:
        raise Problem("not-found", 404, "There is no proven backup of this store yet.")
    return answer(device_wire.Staff(found.document))


@device_call
def prices(request: HttpRequest, caller: Caller) -> HttpResponse:
    found = papers_of(caller.store, clock.now()).prices
    if found is None:
        raise Problem("not-found", 404, "There is no proven backup of this store yet.")
    return answer(device_wire.Prices(found.document))


@device_call
def price_file(request: HttpRequest, caller: Caller, sha256: str) -> HttpResponse:
    """The bytes of a price file; what they are never changes, so they may be kept for ever."""
    device = caller.device
    found = (
        StoredPrices.objects.filter(organisation_id=device.organisation_id, store_id=device.store_id, sha256=sha256)
        .values_list("content", flat=True)
        .first()
    )
    if found is None:
        raise Problem("not-found", 404, "There is no such price file of this store here.")
    note_readiness(device=device, app="", held=sha256, now=clock.now())
    response = HttpResponse(bytes(found), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def journal(request: HttpRequest) -> HttpResponse:
    """Book a device's records, in order; each answer means "stored safely". Open to revoked devices too, and to new
    ones, whose records are kept aside."""
    caller = identify(request, JOURNAL_LIMIT)
    documents = decode_body(caller.body, _decode_journal).documents()
    moment = clock.now()
    if isinstance(caller, NewCaller):
        place, decisions = place_of_new(caller.device), set_aside(documents, device=caller.device, now=moment)
    else:
        place = caller.place
        decisions = receive_records(documents, place=place, bearer=caller.signer, now=moment)
    results = [
        device_wire.Result(each.record.hash, each.outcome, receipt_number(each, place), each.reason or "")
        for each in decisions
    ]
    return answer(device_wire.Booked(results, moment.timestamp()))


def note_readiness(*, device: Device, app: str, held: str, now: datetime) -> None:
    """What the board shows of a device. What a call says nothing of stays as it was."""
    said = {name: value for name, value in (("app_version", app), ("held_sha256", held)) if value}
    with transaction.atomic():
        Readiness.objects.update_or_create(
            organisation_id=device.organisation_id,
            device=device,
            defaults={"checked_at": now, **said},
            create_defaults={"chain_id": device.chain_id, "store_id": device.store_id, "checked_at": now, **said},
        )
        where = {"organisation_id": device.organisation_id, "chain_id": device.chain_id, "store_id": device.store_id}
        announce("ready", **where, ref=device.store_id, at=now)


def _order(caller: Caller) -> str | None:
    device = caller.device
    found = order_for(organisation_id=device.organisation_id, chain_id=device.chain_id, store_id=device.store_id)
    return found.document if found else None


def _version(paper: Paper | None) -> device_wire.PricesVersion | None:
    return device_wire.PricesVersion(paper.version, paper.sha256) if paper else None


def _document(paper: Paper | None) -> str | None:
    return paper.document if paper else None
