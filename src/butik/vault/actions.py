"""The verbs: freeze and lift, trust a store again, accept a backup; what a backup says of its till staff.

While a chain is frozen an emergency is active. What its stores' keys vouch for then counts for nothing by itself (truth
16): `is_held` is the one question, for backups, devices, keys and revocations alike.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pyrage
from django.db import transaction

from butik.audit.actions import record
from butik.live.actions import announce
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.vault.keys import identity_of
from butik.vault.models import Freeze, StoredBackup, TrustedStore


def freeze(*, chain: Chain, actor: str, now: datetime) -> None:
    """Let retention delete nothing of the chain until `lift`. Again: the same."""
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.id}
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        _, is_new = Freeze.objects.get_or_create(**where, defaults={"since": now})
        if is_new:
            record("vault.retention.frozen", **where, actor=actor, at=now, subject=chain.id)


def lift(*, chain: Chain, actor: str, now: datetime) -> None:
    """Retention goes on. Again: the same."""
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.id}
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        count, _ = Freeze.objects.filter(**where).delete()
        TrustedStore.objects.filter(**where).delete()
        if count:
            record("vault.retention.lifted", **where, actor=actor, at=now, subject=chain.id)


def trust_again(*, store: Store, now: datetime) -> None:
    """A store has recovered while its chain's emergency goes on: what it says counts again."""
    TrustedStore.objects.get_or_create(
        organisation_id=store.organisation_id,
        store=store,
        defaults={"chain_id": store.chain_id, "since": now},
    )


def is_held(*, organisation_id: UUID, chain_id: UUID, store_id: UUID) -> bool:
    """Whether nothing that this store vouches for counts by itself now. Call in the scope of the organisation."""
    if not Freeze.objects.filter(organisation_id=organisation_id, chain_id=chain_id).exists():
        return False
    return not TrustedStore.objects.filter(organisation_id=organisation_id, store_id=store_id).exists()


class CannotAccept(Exception):
    """Said in the user's words."""


def accept_backup(*, backup: StoredBackup, reason: str, actor: str, now: datetime) -> bool:
    """Believe a backup that is in quarantine, on a person's word: it is examined once more, and then proven.

    False when somebody else was faster. Raises CannotAccept while the store is in an emergency.
    """
    where = {
        "organisation_id": backup.organisation_id,
        "chain_id": backup.chain_id,
        "store_id": backup.store_id,
    }
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        if is_held(**where):
            raise CannotAccept("While the emergency of this store is active, no backup can be accepted.")
        changed = StoredBackup.objects.filter(pk=backup.pk, state=StoredBackup.State.QUARANTINED).update(
            state=StoredBackup.State.RECEIVED,
            attempts=0,
            accepted_at=now,
            accepted_by=actor,
            accept_reason=reason[:300],
        )
        if changed:
            record("vault.backup.accepted", **where, actor=actor, at=now, subject=backup.pk, reason=reason[:300])
            announce("vault", **where, ref=backup.pk, at=now)
    return bool(changed)


def staff_of(backup: StoredBackup) -> list[dict[str, Any]]:
    """The till staff of a proven backup, each as in butik-staff: id, number, name, role, pin, pin_version."""
    if not backup.staff:
        return []
    identity = pyrage.x25519.Identity.from_str(identity_of(backup.chain_id))
    staff: list[dict[str, Any]] = msgspec.json.decode(pyrage.decrypt(bytes(backup.staff), [identity]))
    return staff
