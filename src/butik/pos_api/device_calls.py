"""Enrolment, and what a device asks about itself: time, state, its own papers, its staff; and the end of it."""

from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from butik.lib import clock
from butik.lib.machine_api import answer, decode_body, read_body
from butik.lib.problems import Problem
from butik.lib.signing import encode, key_id
from butik.organisation.actions import redeem_code
from butik.organisation.guesses import address_of, allow_guess, note_wrong_guess
from butik.organisation.installation import this_installation
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.pos_api import wire
from butik.pos_api.authentication import SMALL, Caller, device_call, identify
from butik.pos_api.putting_back import overtake
from butik.pos_api.staff import current_staff
from butik.pricing.models import PriceFile
from butik.sales import device_wire
from butik.sales.enrolment import enrol_device, unpair_device
from butik.sales.journal import Outcome
from butik.sales.reading import open_record, read_record
from butik.sales.receive import receive_from_device
from butik.sales.standing import note_missing, series_standing
from butik.sales.wire import Closing
from butik.sync.uplink import oldest_unacknowledged

MINIMUM_APP = "0.1.0"
HEARTBEAT = timedelta(seconds=60)

_decode_enrol = msgspec.json.Decoder(wire.Enrol)
_decode_unpair = msgspec.json.Decoder(wire.Unpair)


def time(request: HttpRequest) -> HttpResponse:
    return answer(device_wire.Time(clock.now().timestamp()))


def enrol(request: HttpRequest) -> HttpResponse:
    """Redeem a one-time code for a place at a POS."""
    wanted = decode_body(read_body(request, SMALL), _decode_enrol)
    here, moment = this_installation(), clock.now()
    caller = address_of(request)
    allow_guess(door="device-code", caller=caller, now=moment)
    try:
        with transaction.atomic():
            code = redeem_code(code=wanted.code, for_device=True, now=moment)
            if code.store_id != here.store_id:
                raise Problem("bad-code", 403, "This code is for another store.")
            device = enrol_device(code=code, key=wanted.key, name=wanted.name, app=wanted.app, now=moment)
    except Problem as problem:
        if problem.type == "bad-code":
            note_wrong_guess(door="device-code", caller=caller, now=moment)
        raise
    root = bytes(here.root_key or b"")
    return answer(
        wire.Enrolled(device.enrolment, here.certificate, wire.RootKey(key_id(root), encode(root)), moment.timestamp())
    )


@device_call()
def state(request: HttpRequest, caller: Caller) -> HttpResponse:
    """The cheap poll, and the heartbeat of the device. Both say how far the device's series has got."""
    moment = clock.now()
    prices, versions = _given(caller, moment)
    known = device_wire.read_known_versions(request.GET)
    if overtake(caller=caller, given=versions, known=known, now=moment):
        prices, versions = _given(caller, moment)
    return answer(
        wire.State(
            server_time=moment.timestamp(),
            prices=prices,
            staff=device_wire.Numbered(versions.staff),
            enrolment=device_wire.Numbered(versions.enrolment),
            minimum_app=MINIMUM_APP,
            series=_standing(request, caller),
        )
    )


def _given(caller: Caller, moment: datetime) -> tuple[device_wire.PricesVersion | None, device_wire.KnownVersions]:
    """The newest versions that the device can have."""
    place = caller.place
    device = Device.objects.only("enrolment_version", "last_seen_at").get(pk=caller.device_id)
    _note_heartbeat(device, moment)
    found = (
        PriceFile.objects.filter(organisation_id=place.organisation_id, store_id=place.store_id)
        .order_by("-version")
        .values_list("version", "sha256")
        .first()
    )
    prices = device_wire.PricesVersion(*found) if found else None
    staff = current_staff(place=place, now=moment).version
    return prices, device_wire.KnownVersions(prices.version if prices else 0, staff, device.enrolment_version)


def _standing(request: HttpRequest, caller: Caller) -> device_wire.SeriesStanding | None:
    asked = device_wire.read_series_query(request.GET)
    if asked is None:
        return None
    standing = series_standing(
        series_id=asked.series,
        device_id=caller.device_id,
        place=caller.place,
        not_passed_on_since=oldest_unacknowledged(caller.place.organisation_id),
    )
    note_missing(
        series_id=asked.series, standing=standing, sent=asked.sent, name=f"Device of POS {caller.signer.pos_number}"
    )
    return standing


@device_call()
def enrolment(request: HttpRequest, caller: Caller) -> HttpResponse:
    newest = Device.objects.only("enrolment").get(pk=caller.device_id).enrolment
    return answer(wire.Enrolment(newest, this_installation().certificate))


@device_call()
def staff(request: HttpRequest, caller: Caller) -> HttpResponse:
    return answer(device_wire.Staff(current_staff(place=caller.place, now=clock.now()).document))


def unpair(request: HttpRequest) -> HttpResponse:
    """Take the closing record and close the device. Asked again after a lost answer, it says the same."""
    caller = identify(request, SMALL)
    if caller.state == Device.State.REVOKED:
        raise Problem("device-revoked", 403, "This device has been revoked.")
    closing = decode_body(caller.body, _decode_unpair).closing
    moment = clock.now()
    _require_own_closing(closing, caller, moment)
    [decision] = receive_from_device([closing], place=caller.place, bearer=caller.signer, now=moment)
    if decision.outcome is Outcome.QUARANTINED:
        raise Problem("bad-request", 422, "This closing record does not fit the journal.", decision.detail)
    with tenant_scope([caller.place.organisation_id]), transaction.atomic():
        unpair_device(device=Device.objects.get(pk=caller.device_id), now=moment)
    return answer(wire.Unpaired(unpaired=True))


def _require_own_closing(closing: str, caller: Caller, moment: datetime) -> None:
    signers = {caller.signer.kid: caller.signer}
    record = read_record(open_record(closing), place=caller.place, signers=signers, received_at=moment)
    if record.reason is not None or not isinstance(record.content, Closing):
        raise Problem("bad-request", 422, "This is not the closing record of the device.", record.detail)


def _note_heartbeat(device: Device, moment: datetime) -> None:
    """At most one write a minute for each device: a poll must not queue at the gate."""
    if not clock.is_within(HEARTBEAT, device.last_seen_at, moment):
        with transaction.atomic():
            Device.objects.filter(pk=device.pk).update(last_seen_at=moment)
