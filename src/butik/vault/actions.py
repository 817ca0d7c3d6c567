"""The verbs: freeze and lift retention, read what a backup says of its till staff."""

from datetime import datetime
from typing import Any

import msgspec
import pyrage
from django.db import transaction

from butik.audit.actions import record
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.vault.keys import identity_of
from butik.vault.models import Freeze, StoredBackup


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
        if count:
            record("vault.retention.lifted", **where, actor=actor, at=now, subject=chain.id)


def staff_of(backup: StoredBackup) -> list[dict[str, Any]]:
    """The till staff of a proven backup, each as in butik-staff: id, number, name, role, pin, pin_version."""
    if not backup.staff:
        return []
    identity = pyrage.x25519.Identity.from_str(identity_of(backup.chain_id))
    staff: list[dict[str, Any]] = msgspec.json.decode(pyrage.decrypt(bytes(backup.staff), [identity]))
    return staff
