"""Assignments: what the emergency cloud says of a device that sold in an emergency (docs/formats/emergency.md).

A store that was rebuilt, and a chain that was never told of a device, learn its key from here.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Q

from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, Owner, decode, key_id, require_owner, verify_document
from butik.lib.tenant import AnothersRow
from butik.organisation.models import Device, Pos, Store
from butik.sales.wire import Counter, Label

ASSIGNMENT = "butik-assignment"


class AssignedSeries(msgspec.Struct, frozen=True):
    id: UUID
    label: Label


class AssignedIn(msgspec.Struct, frozen=True):
    """The emergency itself."""

    id: UUID
    number: Counter


class Assignment(msgspec.Struct, frozen=True):
    """Payload of a butik-assignment document."""

    v: Literal[1]
    org: UUID
    chain: UUID
    store: UUID
    pos: Counter
    device: UUID
    key: str
    emergency: AssignedIn
    series: AssignedSeries
    choice: Literal["EXACT", "OLDER", "NEWER", "NONE"]
    backup: dict[str, Any] | None
    issued_at: datetime

    @property
    def key_bytes(self) -> bytes:
        return decode(self.key)

    @property
    def kid(self) -> str:
        return key_id(self.key_bytes)


def read_assignment(document: str, emergency_key: bytes, store: Store) -> Assignment:
    """What the emergency root says of a device of `store`. Raises BadDocument, also for another store's."""
    said = read_as(verify_document(document, ASSIGNMENT, emergency_key), Assignment)
    require_owner(said, Owner(store.organisation_id, store.chain_id, store.id))
    if len(said.key_bytes) != 32:
        raise BadDocument("not an Ed25519 key")
    return said


def register_assigned(*, store: Store, assignment: Assignment, now: datetime) -> bool:
    """Know a device that sold for this store in an emergency; False when it is known already, whatever its state.

    It is kept as one that has left: it may bring what it has not sent yet, and must be enrolled again to sell. Raises
    AnothersRow when the device or its key is another store's here.
    """
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
    named = Q(kid=assignment.kid) | Q(pk=assignment.device)
    known = Device.objects.filter(named, organisation_id=store.organisation_id)
    if known.exclude(store_id=store.id).exists():
        raise AnothersRow(f"device {assignment.device}")
    if known.exists():
        return False
    pos, _ = Pos.objects.get_or_create(**where, number=assignment.pos, defaults={"name": f"POS {assignment.pos}"})
    try:
        with transaction.atomic():
            Device.objects.create(
                **where,
                id=assignment.device,
                pos=pos,
                name=pos.name,
                key=assignment.key_bytes,
                kid=assignment.kid,
                state=Device.State.UNPAIRED,
                enrolled_at=assignment.issued_at,
                closed_at=now,
            )
    except IntegrityError:  # somebody else was faster, with the same device
        if not known.filter(store_id=store.id).exists():
            raise
        return False
    return True
