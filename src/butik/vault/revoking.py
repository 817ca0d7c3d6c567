"""A store says that a device is revoked: an addition through its write-only credential, and like a backup no reading.

Before an emergency it counts at once. From the activation on it waits for a person: whoever stole a store's key would
otherwise close every till of the store, in the one hour in which they must sell.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.audit.actions import record
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument
from butik.live.actions import announce
from butik.organisation import actions as organisation_actions
from butik.organisation.keys import Certificate
from butik.organisation.models import Device, Store
from butik.organisation.revocations import Revoked, read_revocation
from butik.organisation.tenancy import tenant_scope
from butik.vault.actions import is_held
from butik.vault.models import Revocation

MOST = 2000  # of one store; no shop has lost as many tablets
State = Revocation.State


def take_revocation(*, store: Store, certificate: Certificate, document: str, now: datetime) -> Revocation:
    """Keep it, and close the device unless it must wait. Again: the same. Raises Problem."""
    said = _read(store, certificate, document)
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.pk}
    with tenant_scope([store.organisation_id]), transaction.atomic():
        Store.objects.select_for_update(of=("self",)).get(pk=store.pk)
        rows = Revocation.objects.filter(organisation_id=store.organisation_id, store=store)
        known: Revocation | None = rows.filter(kid=said.kid).first()
        if known is not None:
            return known
        if rows.count() >= MOST:
            raise Problem("too-many", 429, f"There are {MOST} revocations of this store already.")
        held = is_held(**where)
        kept: Revocation = Revocation.objects.create(
            **where,
            device_id=said.device,
            kid=said.kid,
            document=document,
            received_at=now,
            state=State.WAITING if held else State.COUNTS,
        )
        record("vault.revocation.received", **where, actor=f"store:{store.pk}", at=now, subject=said.device, waits=held)
        announce("vault", **where, ref=kept.pk, at=now)
        if held:
            _complain(store, now)
        else:
            _close(kept, f"store:{store.pk}", now)
    return kept


def decide_revocation(*, revocation: Revocation, is_right: bool, actor: str, now: datetime) -> bool:
    """A person has looked: the device is closed, or goes on. False when somebody else was faster."""
    where = {
        "organisation_id": revocation.organisation_id,
        "chain_id": revocation.chain_id,
        "store_id": revocation.store_id,
    }
    with tenant_scope([revocation.organisation_id]), transaction.atomic():
        state = State.COUNTS if is_right else State.REFUSED
        rows = Revocation.objects.filter(pk=revocation.pk, state=State.WAITING)
        if not rows.update(state=state, decided_at=now, decided_by=actor):
            return False
        action = "vault.revocation.accepted" if is_right else "vault.revocation.refused"
        record(action, **where, actor=actor, at=now, subject=revocation.device_id)
        announce("vault", **where, ref=revocation.pk, at=now)
        if is_right:
            _close(revocation, actor, now)
    return True


def is_revoked(*, organisation_id: UUID, store_id: UUID, kid: str) -> bool:
    """Whether a store has revoked a device that may never have shown itself here. In the scope of the tenant."""
    rows = Revocation.objects.filter(organisation_id=organisation_id, store_id=store_id, kid=kid, state=State.COUNTS)
    return bool(rows.exists())


def _read(store: Store, certificate: Certificate, document: str) -> Revoked:
    try:
        said = read_revocation(document, certificate.key_bytes)
    except BadDocument as error:
        raise Problem("bad-request", 422, "This is no revocation by this store.", str(error)) from error
    if (said.org, said.chain, said.store) != (store.organisation_id, store.chain_id, store.pk):
        raise Problem("bad-request", 422, "This is a revocation of another store.")
    return said


def _close(revocation: Revocation, actor: str, now: datetime) -> None:
    """A store speaks for its own devices alone."""
    device: Device | None = Device.objects.filter(
        organisation_id=revocation.organisation_id,
        store_id=revocation.store_id,
        pk=revocation.device_id,
        kid=revocation.kid,
    ).first()
    if device is not None:
        organisation_actions.revoke_device(device=device, actor=actor, now=now)


def _complain(store: Store, now: datetime) -> None:
    log_problem(
        level="ERROR",
        source="butik.vault.revoking",
        message=f"Store {store.number} revokes devices during the emergency: a person must say whether that counts.",
        now=now,
        place=Place(store.organisation_id, store.chain_id, store.pk),
    )
