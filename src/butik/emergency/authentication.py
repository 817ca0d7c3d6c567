"""Which device calls: known by its proven key, in whatever chain of this service it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from butik.emergency import wire
from butik.lib import clock
from butik.lib.machine_api import decode_body, read_body
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, decode, key_id, open_document
from butik.lib.tenant import AnothersRow
from butik.organisation.installation import audience
from butik.organisation.keys import CERTIFICATE, Certificate, read_certificate, root_public_key
from butik.organisation.models import Chain, Device, Store
from butik.organisation.proofs import Proof, check_proof, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import read_enrolment, register_device
from butik.sales.reading import Place, Signer
from butik.sales.signers import place_of
from butik.vault.authentication import PROVISIONAL, admit_store

SMALL = 64 * 1024

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


def identify(request: HttpRequest, limit: int) -> Caller:
    """Authenticate a call that is open to closed devices too; its scope ends here."""
    body, proof = read_body(request, limit), read_proof(request.headers.get("Authorization", ""))
    with tenant_scope([proof.claims.org]):
        return _believe(request, proof, body)


def introduce(request: HttpRequest) -> tuple[Caller, wire.Ready]:
    """Believe a device that shows its papers, and know it from now on. Call in no transaction."""
    body, proof = read_body(request, SMALL), read_proof(request.headers.get("Authorization", ""))
    said = decode_body(body, _decode_ready)
    with tenant_scope([proof.claims.org]):
        device = _find(proof)
        if device is None:
            _register(request, proof, body, said)
        return _believe(request, proof, body), said


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


def _register(request: HttpRequest, proof: Proof, body: bytes, said: wire.Ready) -> None:
    """By the chain's root, who vouches for the store, who vouches for the device, who has signed this call."""
    try:
        claimed = msgspec.json.decode(open_document(said.certificate, CERTIFICATE).payload, type=Certificate)
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
            said.enrolment, store_key=certificate.key_bytes, store_id=certificate.store, key=said.key
        )
        if enrolled.device.id != proof.claims.sub:
            raise _unknown()
        _keep(chain, certificate, said)
    except (BadDocument, msgspec.DecodeError, UnicodeDecodeError, ValueError, AnothersRow, IntegrityError) as error:
        raise _unknown() from error


def _keep(chain: Chain, certificate: Certificate, said: wire.Ready) -> None:
    """All of it or nothing: the caller is believed, but her device or its POS may be another store's row."""
    with transaction.atomic():
        store = admit_store(chain, certificate)
        register_device(store=store, enrolment=said.enrolment, key=said.key, state=Device.State.ACTIVE, now=clock.now())
        if store.number >= PROVISIONAL:
            _name(store, said.enrolment)


def _name(store: Store, enrolment: str) -> None:
    """A store that was known by its id alone gets the number and name that its device was enrolled with."""
    described = msgspec.json.decode(open_document(enrolment).payload)["store"]
    taken = Store.objects.filter(
        organisation_id=store.organisation_id, chain_id=store.chain_id, number=described["number"]
    ).exists()
    if not taken:
        names = {name: described[name] for name in ("number", "name", "address", "timezone")}
        Store.objects.filter(pk=store.pk).update(**names)


def _unknown() -> Problem:
    return Problem("unknown-device", 401, "This emergency cloud does not know the device.")
