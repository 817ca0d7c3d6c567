"""A store's service is enrolled at its chain: a one-time code is exchanged for a certificate of its key."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from butik.audit.actions import record
from butik.changes.actions import advance_feed
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, decode, encode, key_id
from butik.lib.versions import next_version
from butik.live.actions import announce
from butik.organisation.actions import redeem_code
from butik.organisation.keys import issue_certificate, root_public_key
from butik.organisation.models import Store
from butik.sync.store_bodies import describe_store
from butik.sync.wire import Enrol, Enrolled


def enrol_store(*, wish: Enrol, now: datetime) -> Enrolled:
    """Give the holder of the code the place of its store's service; an earlier key of that store is closed."""
    public = read_public_key(wish.key)
    with transaction.atomic():
        code = redeem_code(code=wish.code, for_device=False, now=now)
        stores = Store.objects.select_related("organisation", "company", "chain")
        store = stores.select_for_update(of=("self",)).get(pk=code.store_id)
        store.key, store.key_version = public, next_version(store.key_version, now)
        store.save(update_fields=["key", "key_version"])
        where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id}
        advance_feed(**where, changes=[("store", str(store.id), store.id)], at=now)
        record(
            "sync.store.enrolled",
            **where,
            store_id=store.id,
            actor=f"store:{store.id}",
            at=now,
            subject=store.id,
            kid=key_id(public),
            app=wish.app,
        )
        announce("enrolment", **where, store_id=store.id, ref=store.id, at=now)
        told = describe_store(store)
    root = root_public_key(store.chain)
    return Enrolled(
        tree=told,
        root={"kid": key_id(root), "key": encode(root)},
        certificate=issue_certificate(store=store, key=public, now=now),
        server_time=now.timestamp(),
    )


def renew_certificate(*, store: Store, now: datetime) -> str:
    """A new certificate for the key that the store has already proven."""
    return issue_certificate(store=store, key=bytes(store.key or b""), now=now)


def read_public_key(text: str) -> bytes:
    try:
        public = decode(text)
        Ed25519PublicKey.from_public_bytes(public)
    except (BadDocument, ValueError) as error:
        raise Problem("bad-request", 422, "The key is not an Ed25519 public key.") from error
    return public
