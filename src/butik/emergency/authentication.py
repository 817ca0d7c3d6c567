"""Which device calls: known by its proven key, in whatever chain of this service it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from butik.emergency import wire
from butik.emergency.newcomers import Papers, find_new_device, let_wait, name_store
from butik.lib import clock
from butik.lib.machine_api import decode_body, read_body
from butik.lib.outside import read_json
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, Owner, decode, key_id, open_document
from butik.lib.tenant import AnothersRow
from butik.organisation.installation import audience
from butik.organisation.keys import CERTIFICATE, CERTIFICATES, read_certificate, root_public_key
from butik.organisation.models import Chain, Device, Store
from butik.organisation.proofs import Proof, check_proof, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import read_enrolment, register_device
from butik.sales.reading import Place, Signer
from butik.sales.signers import place_of
from butik.vault.actions import is_held
from butik.vault.authentication import PROVISIONAL, admit_store, known_store
from butik.vault.models import NewDevice
from butik.vault.revoking import is_revoked

SMALL = 64 * 1024


@dataclass(frozen=True, slots=True)
class NewCaller:
    """A device that has proven itself, and that no person has approved: what it brings is kept aside."""

    device: NewDevice
    body: bytes


DeviceView = Callable[..., HttpResponse]
_decode_ready = msgspec.json.Decoder(wire.Ready)


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that has proven itself, and the body that it signed."""

    device: Device
    body: bytes

    @property
    def store(self) -> Store:
        store: Store = self.device.store
        return store

    @property
    def place(self) -> Place:
        return place_of(self.store)

    @property
    def signer(self) -> Signer:
        device = self.device
        is_revoked = device.state == Device.State.REVOKED
        return Signer(device.pk, device.kid, bytes(device.key), device.pos.number, is_revoked)


def device_call(view: DeviceView) -> DeviceView:
    """Mark a view that takes (request, caller, …): for active devices, in the scope of the device's organisation."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body, proof = read_body(request, SMALL), read_proof(request.headers.get("Authorization", ""))
        with tenant_scope([proof.claims.org]):
            caller = _believe(request, proof, body)
            require_active(caller.device)
            return view(request, caller, *args, **kwargs)

    del guarded.__wrapped__  # the router must not see the caller as a parameter
    return guarded


def identify(request: HttpRequest, limit: int) -> Caller | NewCaller:
    """Authenticate a call that is open to closed devices too, and to new ones; its scope ends here."""
    body, proof = read_body(request, limit), read_proof(request.headers.get("Authorization", ""))
    with tenant_scope([proof.claims.org]):
        if _find(proof) is None:
            device = find_new_device(organisation_id=proof.claims.org, kid=proof.envelope.kid)
            if device is not None and device.device_id == proof.claims.sub:
                _check(request, proof, body, bytes(device.key), device.chain_id)
                return NewCaller(device, body)
        return _believe(request, proof, body)


def introduce(request: HttpRequest) -> tuple[Caller, wire.Ready]:
    """Believe a device that shows its papers, and know it from now on. Call in no transaction."""
    body, proof = read_body(request, SMALL), read_proof(request.headers.get("Authorization", ""))
    said = decode_body(body, _decode_ready)
    with tenant_scope([proof.claims.org]):
        refusal = _register(request, proof, body, said) if _find(proof) is None else None
        if refusal is None:
            return _believe(request, proof, body), said
    raise refusal  # outside the scope: on PostgreSQL it would undo that somebody waits


def require_active(device: Device) -> None:
    if device.state != Device.State.ACTIVE:
        raise Problem("device-revoked", 403, "This device is closed. Only its finished sales are still taken.")


def _believe(request: HttpRequest, proof: Proof, body: bytes) -> Caller:
    device = _find(proof)
    if device is None:
        raise _unknown()
    _check(request, proof, body, bytes(device.key), device.chain_id)
    return Caller(device, body)


def _check(request: HttpRequest, proof: Proof, body: bytes, key: bytes, chain_id: Any) -> None:
    check_proof(
        proof,
        key,
        aud=audience(chain_id),
        method=request.method or "",
        target=sent_target(proof.claims, path=request.path, query=request.META.get("QUERY_STRING", "")),
        body=body,
        now=clock.now(),
    )


def _find(proof: Proof) -> Device | None:
    found: Device | None = (
        Device.objects.select_related("store__chain", "pos")
        .filter(organisation_id=proof.claims.org, pk=proof.claims.sub, kid=proof.envelope.kid)
        .first()
    )
    return found


def _register(request: HttpRequest, proof: Proof, body: bytes, said: wire.Ready) -> Problem | None:
    """By the chain's root, who vouches for the store, who vouches for the device, who has signed this call.

    Returns what a device is told that must wait for a person.
    """
    try:
        claimed = read_json(open_document(said.certificate, CERTIFICATE).payload, CERTIFICATES)
        chain = Chain.objects.filter(organisation_id=proof.claims.org, pk=claimed.chain).first()
        if chain is None or not chain.root_key:
            raise _unknown()
        certificate = read_certificate(said.certificate, root_public_key(chain), clock.now())
        if (certificate.org, certificate.chain, certificate.use) != (chain.organisation_id, chain.pk, "store"):
            raise _unknown()
        key = decode(said.key)
        if key_id(key) != proof.envelope.kid:
            raise _unknown()
        _check(request, proof, body, key, chain.pk)
        enrolled = read_enrolment(
            said.enrolment,
            store_key=certificate.key_bytes,
            owner=Owner(certificate.org, certificate.chain, certificate.store),
            key=said.key,
        )
        if enrolled.device.id != proof.claims.sub:
            raise _unknown()
        papers = Papers(
            chain, certificate, said.certificate, enrolled, said.enrolment, key, proof.envelope.kid, said.app
        )
        known_store(chain, certificate)  # of a key that was replaced nobody is kept, not even to wait
        if _must_wait(papers):
            return let_wait(papers=papers, now=clock.now())
        _keep(papers, said)
        return None
    except (BadDocument, msgspec.DecodeError, UnicodeDecodeError, ValueError, AnothersRow, IntegrityError) as error:
        raise _unknown() from error


def _must_wait(papers: Papers) -> bool:
    """During its store's emergency, and afterwards as long as no person has decided about this device."""
    org, store_id = papers.chain.organisation_id, papers.certificate.store
    if is_held(organisation_id=org, chain_id=papers.chain.pk, store_id=store_id):
        return True
    return find_new_device(organisation_id=org, kid=papers.kid) is not None


def _keep(papers: Papers, said: wire.Ready) -> None:
    """All of it or nothing: the caller is believed, but her device or its POS may be another store's row."""
    moment = clock.now()
    with transaction.atomic():
        store = admit_store(papers.chain, papers.certificate)
        is_closed = is_revoked(organisation_id=store.organisation_id, store_id=store.pk, kid=papers.kid)
        state = Device.State.REVOKED if is_closed else Device.State.ACTIVE
        register_device(store=store, enrolment=said.enrolment, key=said.key, state=state, now=moment)
        if store.number >= PROVISIONAL:
            name_store(store, said.enrolment)


def _unknown() -> Problem:
    return Problem("unknown-device", 401, "This emergency cloud does not know the device.")
