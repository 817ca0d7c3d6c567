"""A store's service joins its chain: the code is redeemed, the chain's root is pinned, the store's tree is kept."""

from datetime import datetime

from django.db import transaction

from butik import __version__
from butik.audit.actions import record
from butik.lib.signing import BadDocument, decode, encode, key_id
from butik.lib.web_address import BadWebAddress, read_origin
from butik.organisation.installation import install_store, this_installation
from butik.organisation.keys import read_certificate, service_key
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync.line import LineTrouble, enrol
from butik.sync.models import Uplink
from butik.sync.store_bodies import keep_tree
from butik.sync.wire import Enrol, Enrolled


class CannotJoin(Exception):
    """Said in the user's words."""


def join_chain(*, chain_url: str, code: str, now: datetime, root_kid: str = "") -> Store:
    """Enrol this service at a chain. `root_kid`, had by another way than the answer, guards against a false chain."""
    here = this_installation()
    try:
        chain_url = read_origin(chain_url)
    except BadWebAddress as error:
        raise CannotJoin(f"The chain's address {error}; it is {chain_url!r}.") from None
    try:
        told = enrol(chain_url=chain_url, wish=Enrol(code, encode(service_key().public), __version__))
        root_key = _check(told, root_kid, now)
    except LineTrouble as trouble:
        raise CannotJoin(str(trouble)) from trouble
    except BadDocument as error:
        raise CannotJoin(f"The chain's answer does not hold: {error}. This store has not joined.") from error
    if here.store_id and str(here.store_id) != told.tree.store["id"]:
        raise CannotJoin(
            "This service is another store's already. Give the new store a service and a data folder of its own."
        )
    with tenant_scope([told.tree.organisation["id"]]), transaction.atomic():
        store = keep_tree(told.tree, root_key=root_key)
        install_store(store=store, root_key=root_key, certificate=told.certificate, chain_url=chain_url)
        Uplink.objects.get_or_create(pk=1)
        record(
            "sync.chain.joined",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            actor="system",
            at=now,
            subject=store.chain_id,
            root=told.root["kid"],
        )
    return store


def _check(told: Enrolled, root_kid: str, now: datetime) -> bytes:
    """The answer must hold together; return the root to be pinned."""
    root_key = decode(told.root["key"])
    if key_id(root_key) != told.root["kid"] or (root_kid and root_kid != told.root["kid"]):
        raise BadDocument("the root is not the one that was expected")
    said = read_certificate(told.certificate, root_key, now)
    named = (told.tree.organisation["id"], told.tree.chain["id"], told.tree.store["id"])
    if said.key_bytes != service_key().public or (str(said.org), str(said.chain), str(said.store)) != named:
        raise BadDocument("the certificate is another's")
    return root_key
