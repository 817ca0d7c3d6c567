"""Who calls: a device with a proof, checked against its key and state at every call."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from butik.lib import clock
from butik.lib.machine_api import read_body
from butik.lib.problems import Problem
from butik.organisation.installation import audience, this_installation
from butik.organisation.models import Device
from butik.organisation.proofs import Proof, check_proof, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope
from butik.sales.pipeline import hot_scope
from butik.sales.reading import Place, Signer
from butik.sales.signers import EnrolledDevice, load_devices

SMALL = 16 * 1024


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that has proven itself, the place it stands in, and the body that it signed."""

    signer: Signer
    state: str
    place: Place
    body: bytes

    @property
    def device_id(self) -> UUID:
        return self.signer.device_id


DeviceView = Callable[..., HttpResponse]


def device_call(limit: int = SMALL) -> Callable[[DeviceView], DeviceView]:
    """Mark a view that takes (request, caller, …): for active devices, in the scope of the store's organisation."""

    def decorate(view: DeviceView) -> DeviceView:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            body, proof = read_body(request, limit), _proof_of(request)
            with tenant_scope([proof.claims.org]):
                caller = _believe(request, proof, body, _device_of(proof))
                _require_active(caller)
                return view(request, caller, *args, **kwargs)

        del guarded.__wrapped__  # the router must not see the caller as a parameter
        return guarded

    return decorate


def identify(request: HttpRequest, limit: int) -> Caller:
    """Authenticate a call that is open to closed devices too; its scope ends here."""
    body, proof = read_body(request, limit), _proof_of(request)
    with hot_scope(proof.claims.org):
        enrolled = _device_of(proof)
    return _believe(request, proof, body, enrolled)


def _believe(request: HttpRequest, proof: Proof, body: bytes, enrolled: EnrolledDevice) -> Caller:
    check_proof(
        proof,
        enrolled.signer.key,
        aud=audience(),
        method=request.method or "",
        target=sent_target(proof.claims, path=request.path, query=request.META.get("QUERY_STRING", "")),
        body=body,
        now=clock.now(),
    )
    return Caller(enrolled.signer, enrolled.state, enrolled.place, body)


def _proof_of(request: HttpRequest) -> Proof:
    proof = read_proof(request.headers.get("Authorization", ""))
    if proof.claims.org != this_installation().organisation_id:
        raise _unknown()
    return proof


def _device_of(proof: Proof) -> EnrolledDevice:
    store_id = this_installation().store_id
    if store_id is None:  # a chain's service has no devices of its own
        raise _unknown()
    devices = load_devices(organisation_id=proof.claims.org, store_id=store_id, kids=[proof.envelope.kid])
    enrolled = devices.get(proof.envelope.kid)
    if enrolled is None or enrolled.signer.device_id != proof.claims.sub:
        raise _unknown()
    return enrolled


def _require_active(caller: Caller) -> None:
    if caller.state != Device.State.ACTIVE:
        raise Problem("device-revoked", 403, "This device is closed. Only its finished sales are still taken.")


def _unknown() -> Problem:
    return Problem("unknown-device", 401, "This service does not know the device.")
