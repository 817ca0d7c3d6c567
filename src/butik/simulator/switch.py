"""What a device does about an emergency: it is ready for one, obeys orders, sells on, and comes home (docs/formats)."""

from pathlib import Path

import msgspec

from butik.lib.clock import now
from butik.lib.signing import BadDocument, encode
from butik.simulator.device import APP, EMERGENCY, RECOVERED, RELEASED, STORE, Device
from butik.simulator.documents import Assignment, Manifest, Order, StaffList
from butik.simulator.store_line import StoreLine
from butik.simulator.trust import GRACE


class PricesHeld(msgspec.Struct, frozen=True):
    version: int
    sha256: str


class Told(msgspec.Struct, frozen=True):
    """Answer to `/ready` and `/state`."""

    order: str | None
    prices: PricesHeld | None


class Entered(msgspec.Struct, frozen=True):
    assignment: str
    prices: str | None
    staff: str | None


class NotPairedError(Exception):
    """This device knows of no emergency cloud."""


def check_ready(device: Device) -> bool:
    """The nightly check: become known to the emergency cloud and have the price file it would sell from.

    Obeys an order that it learns of. Return whether it could sell there now.
    """
    cloud = _cloud(device)
    body = {
        "enrolment": device.memory.enrolment,
        "certificate": device.memory.certificate,
        "key": encode(device.key.public),
        "app": APP,
        "holds": device.prices_sha256,
    }
    told = msgspec.json.decode(cloud.post("/ready", body), type=Told)
    _hear(device, told)
    if told.prices is None:
        return False
    if device.memory.place == STORE and not device.shelf.holds(told.prices.sha256):
        document = msgspec.json.decode(cloud.get("/prices"))["prices"]
        device.fetch_prices(_good_prices(device, document), cloud)
    if device.memory.place == STORE:
        device.shelf.keep_only(device.prices_sha256, told.prices.sha256)
    return True


def look(device: Device) -> str:
    """Ask for the newest order, as a device does at start, on waking and once a minute; return where it is then."""
    cloud = _cloud(device)
    answer = device.ask_state() if device.memory.place == EMERGENCY else cloud.get("/state")
    _hear(device, msgspec.json.decode(answer, type=Told))
    return device.memory.place


def obey(device: Device, document: str) -> bool:
    """Do what an order says, unless it was done. A lower one than the newest is refused; a step can be repeated.

    Raises BadDocument for an order that is not for this device.
    """
    order = device.trust.by_emergency(document, "butik-order", Order)
    pairing = device.trust.pairing
    assert pairing is not None  # noqa: S101 - it has just believed its root
    if (order.org, order.chain) != (pairing.org, pairing.chain) or order.expires_at + GRACE < now():
        raise BadDocument("an order to another chain, or one that has expired")
    if order.store not in (None, device.enrolment.store.id):
        raise BadDocument("an order to another store")
    newest = _newest(device)
    if newest is not None and order.version < newest.version:
        raise BadDocument("an older order than the newest that was seen")
    is_new = newest is None or order.version > newest.version
    if order.kind == "ACTIVATE" and (is_new or device.memory.place == STORE or device.prices is None):
        _enter(device, order)
    elif order.kind == "RELEASE" and device.memory.place in (STORE, EMERGENCY):
        device.memory.place = RELEASED
    elif order.kind == "RECOVERED" and is_new:
        # enrolled while its store was coming home: there was nothing to live through
        device.memory.place = STORE if device.memory.is_fresh else RECOVERED
    elif order.kind not in ("ACTIVATE", "RELEASE", "RECOVERED"):
        raise BadDocument("an order of an unknown kind")
    device.memory.order = document
    device.memory.is_fresh = device.memory.is_fresh and order.kind == "RELEASE"
    _close(device)
    device.remember()
    return is_new


def enrol_again(device: Device, url: str, code: str, name: str) -> Device:
    """Normal selling may begin: a new device at the same POS, its next N series, the same emergency cloud pinned."""
    if device.memory.place != RECOVERED or device.unsent:
        raise BadDocument("this device has not been recovered, or has records that nobody has")
    folder: Path = device.folder
    device.close()
    again = Device.enrol(folder, url, code, name, pairing=device.trust.document)
    again.memory.order = device.memory.order  # what was obeyed once is not obeyed again
    again.remember()
    return again


def _hear(device: Device, told: Told) -> None:
    if told.order:
        obey(device, told.order)
    elif device.memory.is_fresh:
        device.memory.is_fresh = False
        device.remember()


def _enter(device: Device, order: Order) -> None:
    """Leave the store, take the place that the emergency cloud gives us, and open our emergency series there."""
    cloud = _cloud(device)
    cloud.measure_clock()
    entered = msgspec.json.decode(cloud.post("/enter", {"order": str(order.id)}), type=Entered)
    place = device.trust.by_emergency(entered.assignment, "butik-assignment", Assignment)
    mine = (device.enrolment.store.id, device.enrolment.pos.number, device.enrolment.device.id)
    if (place.store, place.pos, place.device) != mine or place.key != encode(device.key.public):
        raise BadDocument("the assignment of another device")
    if place.emergency.id != order.emergency.id:
        raise BadDocument("an assignment of another emergency")
    prices = _good_prices(device, entered.prices) if entered.prices else None
    if prices is not None and (place.backup is None or prices.backup != place.backup.id):
        raise BadDocument("prices of another backup than the one that was chosen")
    staff = device.trust.by_emergency(entered.staff, "butik-staff", StaffList) if entered.staff else None
    device.store_line.close()
    if device.memory.place == STORE and device.memory.counter >= 0:
        device.close_series("EMERGENCY")  # while it is still the series that this device sells in
    is_first = device.assignment is None or device.assignment.series.id != place.series.id
    device.memory.place, device.memory.assignment, device.assignment = EMERGENCY, entered.assignment, place
    if is_first:
        device.memory.counter, device.memory.has_closed = -1, False
        device.remember()  # before the series is opened: who wakes up here opens it
    if device.memory.counter < 0:
        device.open_series("EMERGENCY")
    device.prices = None
    if staff is not None:
        device.take_staff(staff)
    if prices is not None:
        device.take_prices(prices)


def _close(device: Device) -> None:
    """Who has been released sells no more: the series is closed, once."""
    if device.memory.place == EMERGENCY or device.assignment is None or device.memory.has_closed:
        return
    device.memory.has_closed = True
    device.close_series("RELEASED")


def _good_prices(device: Device, document: str) -> Manifest:
    manifest = device.trust.by_emergency(document, "butik-prices", Manifest)
    if manifest.store != device.enrolment.store.id or manifest.expires_at + GRACE < now():
        raise BadDocument("a price file of another store, or one that has expired")
    return manifest


def _newest(device: Device) -> Order | None:
    if not device.memory.order:
        return None
    return device.trust.by_emergency(device.memory.order, "butik-order", Order)


def _cloud(device: Device) -> StoreLine:
    if device.cloud is None:
        raise NotPairedError("This device knows of no emergency cloud yet.")
    return device.cloud
