"""Which store calls: proven by the key that it was enrolled with."""

from django.http import HttpRequest

from butik.lib.clock import now
from butik.lib.problems import Problem
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.proofs import check_proof, read_proof, sent_target
from butik.organisation.tenancy import tenant_scope


def identify_store(request: HttpRequest, body: bytes) -> Store:
    """Return the calling store, or raise the Problem that it is to be told. `body` is what was sent, still packed."""
    proof = read_proof(request.headers.get("Authorization", ""))
    claims = proof.claims
    here = this_installation()
    if here.organisation_id not in {None, claims.org}:
        raise _unknown()
    with tenant_scope([claims.org]):
        rows = Store.objects.select_related("chain")
        store: Store | None = rows.filter(organisation_id=claims.org, pk=claims.sub).first()
    if store is None or store.key is None or here.chain_id not in {None, store.chain_id}:
        raise _unknown()
    check_proof(
        proof,
        bytes(store.key),
        aud=f"chain/{store.chain_id}",
        method=request.method or "",
        target=sent_target(claims, path=request.path, query=request.META.get("QUERY_STRING", "")),
        body=body,
        now=now(),
    )
    return store


def _unknown() -> Problem:
    return Problem("unknown-store", 401, "This chain does not know the store, or has taken its key away.")
