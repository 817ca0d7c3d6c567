"""Devices come and go: enrolled with a series of their own, renewed, unpaired, revoked; and known at the chain."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from msgspec import Meta

from butik.audit.actions import record
from butik.changes.actions import put_in_outbox
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.outside import read_json, read_object
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, Owner, decode, encode, key_id, verify_document
from butik.lib.tenant import AnothersRow
from butik.lib.texts import plain_text
from butik.lib.versions import HIGHEST, next_version, require_plausible
from butik.live.actions import announce
from butik.organisation import actions as organisation_actions
from butik.organisation.keys import service_key
from butik.organisation.models import Device, EnrolmentCode, Pos, Store
from butik.sales.models import Series
from butik.sales.wire import Counter

ENROLMENT = "butik-enrolment"
LATEST_SERIES = 500_000  # nobody enrols as often; above it there would be no higher label left to open


class _Store(msgspec.Struct, frozen=True):
    id: UUID


class _Chain(msgspec.Struct, frozen=True):
    id: UUID


class _Pos(msgspec.Struct, frozen=True):
    id: UUID
    number: Counter
    name: Annotated[str, Meta(min_length=1, max_length=32)]


class _Device(msgspec.Struct, frozen=True):
    id: UUID
    kid: str
    name: Annotated[str, Meta(max_length=64)] = ""


class _Series(msgspec.Struct, frozen=True):
    label: str = ""


class Enrolment(msgspec.Struct, frozen=True):
    """What others read of a butik-enrolment document; the whole is in docs/formats/signed-documents.md."""

    version: Annotated[int, Meta(ge=1, le=HIGHEST)]
    org: UUID
    chain: _Chain
    store: _Store
    pos: _Pos
    device: _Device
    series: _Series = _Series()


def enrol_device(*, code: EnrolmentCode, key: str, name: str, app: str, now: datetime) -> Device:
    """Enrol the holder of `key` at the POS of a redeemed code. Call inside the transaction that redeemed it."""
    public = _public_key(key)
    # locked: two enrolments at one POS must not open the same series
    pos = (
        Pos.objects.select_for_update(of=("self",))
        .select_related("organisation", "store__company", "chain")
        .get(pk=code.pos_id)
    )
    version = next_version(0, now)
    device = Device(
        id=new_id(),
        organisation=pos.organisation,
        chain=pos.chain,
        store=pos.store,
        pos=pos,
        name=plain_text(name),
        key=public,
        kid=key_id(public),
        enrolment_version=version,
        app_version=app,
        enrolled_at=now,
        last_seen_at=now,
    )
    series = _next_series(pos, device)
    device.enrolment = _sign_enrolment(_describe(device, series), version, now)
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as error:
        raise Problem("bad-request", 422, "This key is enrolled already.", "Make a new one.") from error
    series.save(force_insert=True)
    _tell(device, "organisation.device.enrolled", "enrolment", f"device:{device.id}", now)
    return device


def renew_enrolments(*, store: Store, now: datetime) -> int:
    """Sign the enrolments of a store's devices again where store, POS or settings have changed since."""
    renewed = 0
    devices = Device.objects.filter(organisation_id=store.organisation_id, store=store, state=Device.State.ACTIVE)
    for device in devices.select_related("store__company", "pos", "chain", "organisation"):
        described = _describe(device, _series_of(device))
        if described == _described(device.enrolment):
            continue
        _renew(device, described, next_version(device.enrolment_version, now), now)
        renewed += 1
    return renewed


def renew_enrolment(*, device_id: UUID, version: int, now: datetime) -> None:
    """Sign a device's enrolment once more, as it is, under a version that the device has not seen."""
    with transaction.atomic():
        locked = Device.objects.select_for_update(of=("self",))
        device = locked.select_related("store__company", "pos", "chain", "organisation").get(pk=device_id)
        if device.state == Device.State.ACTIVE and device.enrolment_version < version:
            _renew(device, _describe(device, _series_of(device)), version, now)


def _series_of(device: Device) -> Series:
    """The newest that was opened for it."""
    where = {"organisation_id": device.organisation_id, "store_id": device.store_id, "device_id": device.id}
    newest: Series = Series.objects.filter(**where).latest("id")
    return newest


def _renew(device: Device, described: dict[str, Any], version: int, now: datetime) -> None:
    Device.objects.filter(pk=device.pk).update(
        enrolment=_sign_enrolment(described, version, now), enrolment_version=version
    )
    device.refresh_from_db()
    _tell(device, "organisation.device.renewed", "enrolment", "system", now)


def revoke_device(*, device: Device, actor: str, now: datetime) -> None:
    """Close every call but the journal to a device, and tell the chain: what it signs from now on is quarantined."""
    with transaction.atomic():
        organisation_actions.revoke_device(device=device, actor=actor, now=now)
        device.refresh_from_db()
        _put_in_outbox(device, now)


def unpair_device(*, device: Device, now: datetime) -> None:
    """Close a device whose closing record is in the journal. What it has signed stays good."""
    changed = Device.objects.filter(pk=device.pk, state=Device.State.ACTIVE).update(
        state=Device.State.UNPAIRED, closed_at=now
    )
    if changed:
        device.refresh_from_db()
        _tell(device, "organisation.device.unpaired", "enrolment", f"device:{device.id}", now)


_ENROLMENT = msgspec.json.Decoder(Enrolment)


def read_enrolment(document: str, *, store_key: bytes, owner: Owner, key: str) -> Enrolment:
    """What a store says of the device that has `key`. Raises BadDocument when it did not sign that."""
    payload = verify_document(document, ENROLMENT, store_key)
    try:
        said = read_json(payload, _ENROLMENT)
    except BadDocument as error:
        raise BadDocument(f"not an enrolment: {error}"[:280]) from error
    if (said.org, said.chain.id, said.store.id) != owner or said.device.kid != key_id(_public_key(key)):
        raise BadDocument("enrolment of another store or key")
    if series_number(said.series.label) > LATEST_SERIES:
        raise BadDocument(f"implausible series {said.series.label}")
    return said


def register_device(*, store: Store, enrolment: str, key: str, state: str, now: datetime) -> Device:
    """At the chain: know a device that a store has enrolled, or its new state. Raises BadDocument when the store did
    not sign it, AnothersRow when the device or its POS is another store's. A revocation is final; repeating changes
    nothing."""
    owner = Owner(store.organisation_id, store.chain_id, store.id)
    said = read_enrolment(enrolment, store_key=bytes(store.key or b""), owner=owner, key=key)
    if state not in Device.State.values:
        raise BadDocument("unknown state of a device")
    known = _known_device(store, said)
    require_plausible(said.version, held=known.enrolment_version if known else 0)
    pos = _pos_of(store, said)
    learn_series(pos, series_number(said.series.label))
    if known is not None:
        _bring_up_to_date(known, bytes(store.key or b""), enrolment, said.version, state, now)
        return known
    public = _public_key(key)
    device: Device = Device.objects.create(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store_id=store.id,
        id=said.device.id,
        pos=pos,
        name=said.device.name or said.pos.name,
        key=public,
        kid=key_id(public),
        state=state,
        enrolment=enrolment,
        enrolment_version=said.version,
        enrolled_at=now,
        closed_at=None if state == Device.State.ACTIVE else now,
    )
    return device


def _known_device(store: Store, said: Enrolment) -> Device | None:
    """The row of this very device: its id and its key belong together, and both to this store."""
    named = Q(pk=said.device.id) | Q(kid=said.device.kid)
    rows = list(Device.objects.select_for_update().filter(named, organisation_id=store.organisation_id))
    if any(each.store_id != store.id for each in rows):
        raise AnothersRow(f"device {said.device.id}")
    if any((each.pk, each.kid) != (said.device.id, said.device.kid) for each in rows):
        raise BadDocument("the device is known with another key, or the key with another device")
    return rows[0] if rows else None


def _pos_of(store: Store, said: Enrolment) -> Pos:
    """A POS is known by its number; the id that its store gave it counts for a new one only."""
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
    known: Pos | None = Pos.objects.filter(**where, number=said.pos.number).first()
    if known is not None:
        return known
    if Pos.objects.filter(organisation_id=store.organisation_id, pk=said.pos.id).exists():
        raise AnothersRow(f"POS {said.pos.id}")
    made: Pos = Pos.objects.create(**where, number=said.pos.number, name=said.pos.name, id=said.pos.id)
    return made


def _bring_up_to_date(
    device: Device, store_key: bytes, enrolment: str, version: int, state: str, now: datetime
) -> None:
    """The higher version wins; but what an earlier key of the store has signed never outlives that key."""
    if version > device.enrolment_version or not _is_signed(device.enrolment, store_key):
        device.enrolment, device.enrolment_version = enrolment, version
    if state != Device.State.ACTIVE and device.state != Device.State.REVOKED and device.state != state:
        device.state, device.closed_at = state, now
    device.save(update_fields=["enrolment", "enrolment_version", "state", "closed_at"])


def _is_signed(enrolment: str, store_key: bytes) -> bool:
    try:
        verify_document(enrolment, ENROLMENT, store_key)
    except BadDocument:
        return False
    return True


def _public_key(text: str) -> bytes:
    try:
        public = decode(text)
        Ed25519PublicKey.from_public_bytes(public)
    except (BadDocument, ValueError) as error:
        raise Problem("bad-request", 422, "The key is not an Ed25519 public key.") from error
    return public


def _next_series(pos: Pos, device: Device) -> Series:
    """Every enrolment opens a series: N1, N2, … of its POS (truth 3)."""
    latest = max(latest_series_numbers(pos.store).get(pos.number, 0), pos.latest_series)
    return Series(
        id=new_id(),
        organisation_id=pos.organisation_id,
        chain_id=pos.chain_id,
        store_id=pos.store_id,
        pos_number=pos.number,
        device_id=device.id,
        label=f"N{latest + 1}",
    )


def latest_series_numbers(store: Store) -> dict[int, int]:
    """By POS number, the highest N series that this service knows of: 2 for N2."""
    rows = Series.objects.filter(organisation_id=store.organisation_id, store_id=store.id, label__startswith="N")
    devices = Device.objects.filter(organisation_id=store.organisation_id, store=store).exclude(enrolment="")
    latest: dict[int, int] = {}
    for number, label in rows.values_list("pos_number", "label"):
        latest[number] = max(latest.get(number, 0), series_number(label))
    for number, enrolment in devices.values_list("pos__number", "enrolment"):
        latest[number] = max(latest.get(number, 0), enrolled_series(enrolment))
    return latest


def series_number(label: object) -> int:
    """2 for N2; 0 for an emergency's series, and for what is no label."""
    return int(label[1:]) if isinstance(label, str) and re.fullmatch("N[1-9][0-9]{0,5}", label) else 0


def enrolled_series(enrolment: str) -> int:
    """The number of the series that an enrolment opened; 0 when it does not say. Nothing is verified."""
    try:
        return series_number(read_object(decode(enrolment.split(".")[1]))["series"]["label"])
    except (BadDocument, LookupError, TypeError):
        return 0


def learn_series(pos: Pos, number: int) -> None:
    """No enrolment at this POS opens series `number`, or a lower one, again: somebody else has opened it."""
    rows = Pos.objects.filter(organisation_id=pos.organisation_id, pk=pos.pk, latest_series__lt=number)
    rows.update(latest_series=number)


def _describe(device: Device, series: Series) -> dict[str, Any]:
    store, pos, chain = device.store, device.pos, device.chain
    terminal = settings.BUTIK_TERMINAL_URL
    return {
        "org": str(device.organisation_id),
        "organisation_name": device.organisation.name,
        "company": {"name": store.company.name, "vat_number": store.company.vat_number},
        "chain": {"id": str(chain.id), "name": chain.name},
        "store": {
            "id": str(store.id),
            "number": store.number,
            "name": store.name,
            "address": store.address,
            "timezone": store.timezone,
        },
        "pos": {"id": str(pos.id), "number": pos.number, "name": pos.name},
        "device": {"id": str(device.id), "kid": device.kid},
        "series": {"id": str(series.id), "label": series.label},
        "currency": chain.currency,
        "cash_rounding": chain.cash_rounding,
        "language": store.language,
        "service": {"audience": f"store/{store.id}", "url": settings.BUTIK_URL},
        "emergency": chain.emergency or None,
        "terminal": {"kind": "SIMULATED", "url": terminal} if terminal else None,
    }


def _sign_enrolment(described: dict[str, Any], version: int, now: datetime) -> str:
    payload = {"v": 1, "version": version, **described, "issued_at": to_wire(now)}
    return service_key().sign(ENROLMENT, msgspec.json.encode(payload))


def _described(enrolment: str) -> dict[str, Any]:
    payload = read_object(decode(enrolment.split(".")[1]))
    return {name: value for name, value in payload.items() if name not in {"v", "version", "issued_at"}}


def _tell(device: Device, action: str, topic: str, actor: str, now: datetime) -> None:
    where: dict[str, UUID] = {
        "organisation_id": device.organisation_id,
        "chain_id": device.chain_id,
        "store_id": device.store_id,
    }
    record(action, actor=actor, at=now, subject=device.id, **where)
    announce(topic, at=now, ref=device.id, **where)
    _put_in_outbox(device, now)


def _put_in_outbox(device: Device, now: datetime) -> None:
    body = {"enrolment": device.enrolment, "key": encode(bytes(device.key)), "state": device.state}
    put_in_outbox(
        kind="device",
        organisation_id=device.organisation_id,
        ref=device.id,
        body=msgspec.json.encode(body).decode(),
        at=now,
    )
