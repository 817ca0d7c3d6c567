"""Devices that show themselves for the first time while their store is in an emergency (truth 16).

Whoever holds a store's key can invent as many as he likes. Each waits for a person and gets nothing meanwhile: no
assignment, no prices, no staff. What it sends is kept aside, outside every figure, and comes to no store.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.audit.actions import record
from butik.emergency.journal import give_positions
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place as ErrorPlace
from butik.lib.outside import read_as, read_object
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, encode, open_document
from butik.lib.tenant import AnothersRow
from butik.live.actions import announce
from butik.organisation import actions as organisation_actions
from butik.organisation.keys import CERTIFICATE, Certificate
from butik.organisation.models import Chain, Device, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.actions import accept_quarantined
from butik.sales.commit import Bearer, book_records
from butik.sales.enrolment import Enrolment, register_device
from butik.sales.journal import Decision
from butik.sales.models import QuarantinedRecord
from butik.sales.reading import Place, Reason, Record, Signer, open_record, read_accepted, read_record
from butik.sales.signers import place_of
from butik.vault.authentication import is_news, known_store, make_row
from butik.vault.models import NewDevice
from butik.vault.revoking import is_revoked

MOST = 500  # new devices of a chain that wait at once: more than any chain enrols in an emergency
MOST_RECORDS = 2000  # of one, kept aside: some days of a till. What is more it keeps itself, and tries again
State = NewDevice.State


class CannotApprove(Exception):
    """Its papers name another device's id, or another store's POS."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What a device has shown, verified: the chain's root for the store, the store for the device."""

    chain: Chain
    certificate: Certificate
    certificate_document: str
    enrolment: Enrolment
    enrolment_document: str
    key: bytes
    kid: str
    app: str


def find_new_device(*, organisation_id: UUID, kid: str) -> NewDevice | None:
    """One that waits, or was refused. Call in the scope of the organisation."""
    rows = NewDevice.objects.filter(organisation_id=organisation_id, kid=kid).exclude(state=State.APPROVED)
    found: NewDevice | None = rows.first()
    return found


def let_wait(*, papers: Papers, now: datetime) -> Problem:
    """Keep a device that is new; return what it is told. Raises Problem when too many wait already."""
    chain, said = papers.chain, papers.enrolment
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.pk, "store_id": papers.certificate.store}
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        Chain.objects.select_for_update(of=("self",)).get(pk=chain.pk)
        known: NewDevice | None = NewDevice.objects.filter(
            organisation_id=chain.organisation_id, kid=papers.kid
        ).first()
        if known is not None:
            NewDevice.objects.filter(pk=known.pk).update(latest_seen_at=now, app_version=papers.app)
            return told(known)
        waiting = NewDevice.objects.filter(
            organisation_id=chain.organisation_id, chain_id=chain.pk, state=State.WAITING
        )
        if waiting.count() >= MOST:
            raise Problem("too-many", 429, f"{MOST} new devices wait for a person already.")
        kept: NewDevice = NewDevice.objects.create(
            **where,
            device_id=said.device.id,
            kid=papers.kid,
            key=papers.key,
            pos_number=said.pos.number,
            name=said.device.name or said.pos.name,
            enrolment=papers.enrolment_document,
            certificate=papers.certificate_document,
            key_version=papers.certificate.version,
            is_key_new=is_news(known_store(chain, papers.certificate), papers.certificate),
            app_version=papers.app,
            first_seen_at=now,
            latest_seen_at=now,
        )
        record("emergency.new_device.waits", **where, actor=f"device:{said.device.id}", at=now, subject=kept.device_id)
        log_problem(
            level="ERROR",
            source="butik.emergency.newcomers",
            message="Devices that are new since the emergency began wait for a person at the activation site.",
            now=now,
            place=ErrorPlace(chain.organisation_id, chain.pk),
        )
        announce("emergency", organisation_id=chain.organisation_id, chain_id=chain.pk, ref=kept.pk, at=now)
    return told(kept)


def told(device: NewDevice) -> Problem:
    if device.state == State.REFUSED:
        return Problem("device-revoked", 403, "This device was refused by a person. Nothing of it is taken any more.")
    return Problem(
        "not-approved",
        403,
        "This device is new since the emergency began: a person must approve it at the activation site.",
        "What it has sold is kept, and counts when it is approved.",
    )


# --- what it sends ---


def place_of_new(device: NewDevice) -> Place:
    store: Store | None = Store.objects.filter(organisation_id=device.organisation_id, pk=device.store_id).first()
    if store is not None:
        return place_of(store)
    return Place(device.organisation_id, device.chain_id, device.store_id, 0, "UTC")


def signer_of_new(device: NewDevice) -> Signer:
    return Signer(device.device_id, device.kid, bytes(device.key), device.pos_number, is_revoked=False)


def hold_back(record: Record, kid: str) -> Record:
    """As it was read, and yet not to be booked."""
    if record.reason is not None:
        return record
    return replace(record, content=None, reason=Reason.NOT_APPROVED, detail=kid)


def set_aside(documents: Sequence[str], *, device: NewDevice, now: datetime) -> list[Decision]:
    """Keep what a new device brings, safely and outside everything; one decision for each. Raises Problem."""
    place, signer = place_of_new(device), signer_of_new(device)
    with tenant_scope([device.organisation_id]):
        rows = QuarantinedRecord.objects.filter(
            organisation_id=device.organisation_id, store_id=device.store_id, device_id=device.device_id
        )
        if rows.count() + len(documents) > MOST_RECORDS:
            raise Problem("too-many", 429, f"{MOST_RECORDS} records of this device are kept aside already.")
    signers = {signer.kid: signer}
    records = [
        hold_back(read_record(open_record(each), place=place, signers=signers, received_at=now), device.kid)
        for each in documents
    ]
    return book_records(records, place=place, bearer=Bearer(device.device_id, forward=False), now=now)


# --- a person decides ---


def approve_device(*, device: NewDevice, actor: str, now: datetime) -> bool:
    """Let it in as if it had been known before; what it has sent is booked. False when it has been approved already."""
    with tenant_scope([device.organisation_id]), transaction.atomic():
        locked: NewDevice = NewDevice.objects.select_for_update().get(pk=device.pk)
        if locked.state == State.APPROVED:
            return False
        store = _store_of(locked)
        registered = _register(store, locked, now)
        _decide(locked, State.APPROVED, "emergency.new_device.approved", actor, now)
        _take_in(locked, store, actor, now)
        if is_revoked(organisation_id=locked.organisation_id, store_id=store.pk, kid=locked.kid):
            organisation_actions.revoke_device(device=registered, actor=actor, now=now)
    return True


def _register(store: Store, device: NewDevice, now: datetime) -> Device:
    try:
        return register_device(
            store=_as_vouched(store, device),
            enrolment=device.enrolment,
            key=encode(bytes(device.key)),
            state=Device.State.ACTIVE,
            now=now,
        )
    except (BadDocument, AnothersRow, ValueError) as error:
        raise CannotApprove("Its papers do not fit what is known here.") from error


def refuse_device(*, device: NewDevice, actor: str, now: datetime) -> bool:
    """It gets nothing for good. One that was approved before is closed. False when it has been refused already."""
    with tenant_scope([device.organisation_id]), transaction.atomic():
        locked: NewDevice = NewDevice.objects.select_for_update().get(pk=device.pk)
        if locked.state == State.REFUSED:
            return False
        registered: Device | None = Device.objects.filter(
            organisation_id=locked.organisation_id, store_id=locked.store_id, kid=locked.kid
        ).first()
        if registered is not None:
            organisation_actions.revoke_device(device=registered, actor=actor, now=now)
        _decide(locked, State.REFUSED, "emergency.new_device.refused", actor, now)
    return True


def _decide(device: NewDevice, state: str, action: str, actor: str, now: datetime) -> None:
    device.state, device.decided_by, device.decided_at = state, actor, now
    device.save(update_fields=["state", "decided_by", "decided_at"])
    where = {"organisation_id": device.organisation_id, "chain_id": device.chain_id}
    record(action, **where, store_id=device.store_id, actor=actor, at=now, subject=device.device_id)
    announce("emergency", **where, ref=device.pk, at=now)


def _store_of(device: NewDevice) -> Store:
    """Its store, made now when nobody here had heard of it before: the person has approved that too."""
    rows = Store.objects.select_related("chain").filter(
        organisation_id=device.organisation_id, chain_id=device.chain_id
    )
    store: Store | None = rows.filter(pk=device.store_id).first()
    if store is None:
        chain = Chain.objects.get(organisation_id=device.organisation_id, pk=device.chain_id)
        make_row(chain, _certificate_of(device))
        store = rows.get(pk=device.store_id)
        name_store(store, device.enrolment)
        store.refresh_from_db()
    return store


def _as_vouched(store: Store, device: NewDevice) -> Store:
    """The store with the key that vouched for this device, for this once: the store's own stays as it is."""
    vouched = copy(store)
    vouched.key = _certificate_of(device).key_bytes
    return vouched


def _certificate_of(device: NewDevice) -> Certificate:
    return read_as(open_document(device.certificate, CERTIFICATE).payload, Certificate)


def name_store(store: Store, enrolment: str) -> None:
    """A store that was known by its id alone gets the number and name that its device was enrolled with."""
    described = read_object(open_document(enrolment).payload)["store"]
    taken = Store.objects.filter(
        organisation_id=store.organisation_id, chain_id=store.chain_id, number=described["number"]
    ).exists()
    if not taken:
        names = {name: described[name] for name in ("number", "name", "address", "timezone")}
        Store.objects.filter(pk=store.pk).update(**names)


def _take_in(device: NewDevice, store: Store, actor: str, now: datetime) -> None:
    """Book what was kept aside of it, in the order in which it came, and give it its place for the store to read.

    So is what other devices brought of it (rescue): to them its key was unknown.
    """
    signers = {device.kid: signer_of_new(device)}
    place = place_of(store)
    held = QuarantinedRecord.objects.waiting().filter(
        organisation_id=device.organisation_id,
        store_id=device.store_id,
        reason__in=[Reason.NOT_APPROVED, Reason.UNKNOWN_KEY],
        detail=device.kid,
    )
    taken = []
    for each in held.order_by("received_at", "id"):
        opened = open_record(each.document)
        if read_record(opened, place=place, signers=signers, received_at=each.received_at).reason is None:
            reason = "Its device was approved at the activation site."
            accept_quarantined(record=each, store=store, reason=reason, actor=actor, forward=False, now=now)
            taken.append(read_accepted(opened, place=place, received_at=each.received_at))
    give_positions(taken, place, signers)
