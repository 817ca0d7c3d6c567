"""A device enters an emergency: it is given its place, the same one however often it asks."""

import re
from datetime import datetime

import msgspec
from django.db import transaction

from butik.audit.actions import record
from butik.emergency.actions import take_part
from butik.emergency.models import Assignment, Emergency, EmergencyStore, Order
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.signing import encode
from butik.live.actions import announce
from butik.organisation.keys import emergency_root
from butik.organisation.models import Device, Pos
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Series

TYPE = "butik-assignment"


def enter(*, device: Device, order: Order, now: datetime) -> Assignment:
    """Assign the next E series of the device's POS. Raises Problem `not-active` when the order no longer holds."""
    where = {"organisation_id": device.organisation_id, "chain_id": device.chain_id}
    with tenant_scope([device.organisation_id]), transaction.atomic():
        emergency = order.emergency
        # locked: two devices of one POS must not open the same series
        pos = Pos.objects.select_for_update().get(pk=device.pos_id)
        known: Assignment | None = Assignment.objects.filter(
            organisation_id=device.organisation_id, emergency=emergency, device=device
        ).first()
        if known is not None:
            return known
        if emergency.state != Emergency.State.ACTIVE:
            raise not_active()
        row = take_part(emergency=emergency, store=device.store)
        if row.state not in {EmergencyStore.State.SELLING, EmergencyStore.State.RECOVERING}:
            raise not_active()
        assignment = Assignment(
            id=new_id(),
            organisation_id=device.organisation_id,
            chain_id=device.chain_id,
            emergency=emergency,
            store_id=device.store_id,
            device=device,
            pos_number=pos.number,
            series_id=new_id(),
            label=_next_label(pos),
            issued_at=now,
        )
        assignment.document = _sign(assignment, row)
        assignment.save(force_insert=True)
        subject = f"device:{device.pk}"
        where["store_id"] = device.store_id
        record("emergency.device.entered", **where, actor=subject, at=now, subject=device.pk, label=assignment.label)
        announce("emergency", **where, ref=emergency.pk, at=now)
    return assignment


def not_active() -> Problem:
    return Problem("not-active", 409, "This order no longer holds. Ask for the newest one.")


def _next_label(pos: Pos) -> str:
    """E1, E2, … of the POS: of what this cloud has assigned, and of what it has received."""
    where = {"organisation_id": pos.organisation_id, "store_id": pos.store_id, "pos_number": pos.number}
    assigned = Assignment.objects.filter(**where).values_list("label", flat=True)
    received = Series.objects.filter(**where, label__startswith="E").values_list("label", flat=True)
    labels = {*assigned, *received}
    return f"E{max((int(each[1:]) for each in labels if re.fullmatch('E[0-9]+', each)), default=0) + 1}"


def _sign(assignment: Assignment, row: EmergencyStore) -> str:
    device, emergency = assignment.device, assignment.emergency
    backup = None
    if row.backup_id and row.backup_made_at and row.backup_received_at:
        backup = {
            "id": str(row.backup_id),
            "made_at": to_wire(row.backup_made_at),
            "received_at": to_wire(row.backup_received_at),
        }
    payload = {
        "v": 1,
        "org": str(assignment.organisation_id),
        "chain": str(assignment.chain_id),
        "store": str(assignment.store_id),
        "pos": assignment.pos_number,
        "device": str(device.pk),
        "key": encode(bytes(device.key)),
        "emergency": {"id": str(emergency.pk), "number": emergency.number},
        "series": {"id": str(assignment.series_id), "label": assignment.label},
        "choice": row.choice,
        "backup": backup,
        "issued_at": to_wire(assignment.issued_at),
    }
    return emergency_root(assignment.chain_id).sign(TYPE, msgspec.json.encode(payload))
