"""Which store calls: its key is introduced by the root of a chain that was adopted here, and it signed the call."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import HttpRequest

from butik.lib.clock import now
from butik.lib.machine_api import read_body
from butik.lib.outside import read_json
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, encode, open_document
from butik.organisation.keys import CERTIFICATE, CERTIFICATES, Certificate, read_certificate, root_public_key
from butik.organisation.models import Chain, Store
from butik.organisation.pairing import emergency_audience
from butik.organisation.proofs import Claims, check_claims, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope
from butik.vault.actions import is_held

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

    Writes nothing: a key that is newer than the one that is known here is believed for this call, and kept by
    `take_key` alone. Refuses a key that a newer one has replaced.
    """
    chain, certificate, claims = _signed(request)
    body = read_body(request, limit)
    require_body(claims, sha256(body).digest())
    with tenant_scope([chain.organisation_id]):
        store = known_store(chain, certificate)
    if store is None:
        raise _unknown()
    return store, body, certificate


def believe(request: HttpRequest) -> Caller:
    """Everything but the body: nothing of a stranger's is read. Makes the store's row when it is new."""
    chain, certificate, claims = _signed(request)
    return Caller(admit_store(chain, certificate), certificate, claims)


def _signed(request: HttpRequest) -> tuple[Chain, Certificate, Claims]:
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
    return chain, certificate, proof.claims


def require_body(claims: Claims, digest: bytes) -> None:
    if claims.bsh != encode(digest):
        raise Problem("bad-proof", 401, "The signature of this call does not fit.", "made for another body")


def _introduced(request: HttpRequest) -> tuple[Chain, Certificate]:
    """The certificate, by the root of the chain that it names. Which chain that is, only it can say."""
    document = request.headers.get("Butik-Certificate", "")
    try:
        claimed = read_json(open_document(document, CERTIFICATE).payload, CERTIFICATES)
        with tenant_scope([claimed.org]):
            chain = Chain.objects.filter(organisation_id=claimed.org, pk=claimed.chain).first()
        if chain is None or not chain.root_key:
            raise _unknown()
        certificate = read_certificate(document, root_public_key(chain), now())
        is_ours = (certificate.org, certificate.chain, certificate.use) == (chain.organisation_id, chain.id, "store")
        if not is_ours or len(certificate.key_bytes) != 32:
            raise _unknown()
    except BadDocument as error:
        raise _unknown() from error
    return chain, certificate


def known_store(chain: Chain, certificate: Certificate) -> Store | None:
    """The row of the store that a certificate names; None when there is none. Raises Problem for a key that was
    replaced, and for a second key of one version. Call in the scope of the organisation."""
    store: Store | None = (
        Store.objects.select_related("chain")
        .filter(organisation_id=chain.organisation_id, chain=chain, pk=certificate.store)
        .first()
    )
    if store is not None:
        _require_current(store, certificate)
    return store


def is_news(store: Store | None, certificate: Certificate) -> bool:
    """Whether the certificate says something that is not known here: a store, or a newer key of one."""
    return store is None or (store.key_version, bytes(store.key or b"")) != _key_of(certificate)


def admit_store(chain: Chain, certificate: Certificate) -> Store:
    """The store's row, with the newest key that was seen of it.

    During an emergency nothing new is kept: who stole the chain's root introduces whom he likes. A store's new
    controller claims its store with a recovery key, which a person has given it.
    """
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.id, "store_id": certificate.store}
    with tenant_scope([chain.organisation_id]):
        store = known_store(chain, certificate)
        if store is not None and not is_news(store, certificate):
            return store
        if is_held(**where):
            raise Problem(
                "not-approved",
                403,
                "This key has become known during the emergency, and counts for nothing.",
                "A store's new controller claims its store with a recovery key first.",
            )
        with transaction.atomic():
            if store is None:
                make_row(chain, certificate)
            return take_key(chain, certificate)


def take_key(chain: Chain, certificate: Certificate) -> Store:
    """Keep a store's newer key. Call in a transaction, in the scope of the organisation."""
    locked: Store = (
        Store.objects.select_related("chain")
        .select_for_update(of=("self",))
        .get(organisation_id=chain.organisation_id, chain=chain, pk=certificate.store)
    )
    _require_current(locked, certificate)
    locked.key_version, locked.key = _key_of(certificate)
    locked.save(update_fields=["key", "key_version"])
    return locked


def _require_current(store: Store, certificate: Certificate) -> None:
    if certificate.version < store.key_version:
        raise Problem("old-key", 403, "A newer key of this store has been seen: this controller was replaced.")
    is_same = certificate.version == store.key_version
    if is_same and store.key and _key_of(certificate)[1] != bytes(store.key):
        raise _unknown()  # one version has one key, whatever was signed later


def _key_of(certificate: Certificate) -> tuple[int, bytes]:
    return certificate.version, certificate.key_bytes


def make_row(chain: Chain, certificate: Certificate) -> None:
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
