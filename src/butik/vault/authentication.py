"""Which store calls: its key is introduced by the root of a chain that was adopted here, and it signed the call."""

from dataclasses import dataclass
from hashlib import sha256

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import HttpRequest

from butik.lib.clock import now
from butik.lib.machine_api import read_body
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, encode, open_document
from butik.organisation.keys import CERTIFICATE, Certificate, read_certificate, root_public_key
from butik.organisation.models import Chain, Store
from butik.organisation.pairing import emergency_audience
from butik.organisation.proofs import Claims, check_claims, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope

# A store that its chain has opened since it was adopted is known by its ids alone; its first proven backup says the
# rest. Numbers of shops are far below.
PROVISIONAL = 900_000_000


@dataclass(frozen=True, slots=True)
class Caller:
    """A store whose signature fits; the body it signed may not have been read yet."""

    store: Store
    certificate: Certificate
    claims: Claims


def identify_store(request: HttpRequest, limit: int) -> tuple[Store, bytes, Certificate]:
    """Return store, body (at most `limit` bytes) and certificate, or raise the Problem that the caller is to be told.

    Makes the Store row when it is new; refuses a key that a newer one has replaced.
    """
    caller = believe(request)
    body = read_body(request, limit)
    require_body(caller.claims, sha256(body).digest())
    return caller.store, body, caller.certificate


def believe(request: HttpRequest) -> Caller:
    """Everything but the body: nothing of a stranger's is read."""
    proof = read_proof(request.headers.get("Authorization", ""))
    chain, certificate = _introduced(request)
    if (proof.claims.org, proof.claims.sub) != (certificate.org, certificate.store):
        raise _unknown()
    check_claims(
        proof,
        certificate.key_bytes,
        aud=emergency_audience(chain.id),
        method=request.method or "",
        target=sent_target(proof.claims, path=request.path, query=request.META.get("QUERY_STRING", "")),
        now=now(),
    )
    return Caller(admit_store(chain, certificate), certificate, proof.claims)


def require_body(claims: Claims, digest: bytes) -> None:
    if claims.bsh != encode(digest):
        raise Problem("bad-proof", 401, "The signature of this call does not fit.", "made for another body")


def _introduced(request: HttpRequest) -> tuple[Chain, Certificate]:
    """The certificate, by the root of the chain that it names. Which chain that is, only it can say."""
    document = request.headers.get("Butik-Certificate", "")
    try:
        claimed = msgspec.json.decode(open_document(document, CERTIFICATE).payload, type=Certificate)
        with tenant_scope([claimed.org]):
            chain = Chain.objects.filter(organisation_id=claimed.org, pk=claimed.chain).first()
        if chain is None or not chain.root_key:
            raise _unknown()
        certificate = read_certificate(document, root_public_key(chain), now())
        is_ours = (certificate.org, certificate.chain, certificate.use) == (chain.organisation_id, chain.id, "store")
        if not is_ours or len(certificate.key_bytes) != 32:
            raise _unknown()
    except (BadDocument, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unknown() from error
    return chain, certificate


def admit_store(chain: Chain, certificate: Certificate) -> Store:
    """The store's row, with the newest key that was seen of it."""
    with tenant_scope([chain.organisation_id]):
        rows = Store.objects.select_related("chain").filter(organisation_id=chain.organisation_id, chain=chain)
        store: Store | None = rows.filter(pk=certificate.store).first()
        if store is not None and (store.key_version, bytes(store.key or b"")) == _key_of(certificate):
            return store
        with transaction.atomic():
            if store is None:
                _make_row(chain, certificate)
            locked: Store = rows.select_for_update(of=("self",)).get(pk=certificate.store)
            if certificate.version < locked.key_version:
                raise Problem("old-key", 403, "A newer key of this store has been seen: this controller was replaced.")
            if (
                certificate.version == locked.key_version
                and locked.key
                and _key_of(certificate)[1] != bytes(locked.key)
            ):
                raise _unknown()  # one version has one key, whatever was signed later
            locked.key_version, locked.key = _key_of(certificate)
            locked.save(update_fields=["key", "key_version"])
    return locked


def _key_of(certificate: Certificate) -> tuple[int, bytes]:
    return certificate.version, certificate.key_bytes


def _make_row(chain: Chain, certificate: Certificate) -> None:
    highest = Store.objects.filter(chain=chain, number__gte=PROVISIONAL).aggregate(number=Max("number"))["number"]
    try:
        with transaction.atomic():
            Store.objects.create(
                id=certificate.store,
                organisation_id=chain.organisation_id,
                company_id=chain.company_id,
                chain=chain,
                number=(highest or PROVISIONAL) + 1,
                name=str(certificate.store),
            )
    except IntegrityError as error:  # another organisation's, or made by the same store at this moment
        raise Problem("busy", 503, "The store is being made known. Try again.") from error


def _unknown() -> Problem:
    return Problem("unknown-store", 401, "The certificate is not by the root of a chain here, or the key is not its.")
