"""The signed list of a store's till staff with their PIN verifiers."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from butik.lib.clock import to_wire
from butik.lib.versions import next_version, version_beyond
from butik.organisation.keys import service_key
from butik.pos_api.models import StaffDocument
from butik.sales.reading import Place
from butik.staff.models import ShopAssistant

STAFF = "butik-staff"


def current_staff(*, place: Place, now: datetime, heard: int = 0) -> StaffDocument:
    """The newest document. Signed anew whenever the list differs, whoever changed it: a page, the feed or a block.

    And when a device has `heard` of a later version than was ever given here: this store was put back.
    """
    staff = _till_staff(place)
    fingerprint = hashlib.sha256(msgspec.json.encode([bytes(service_key().public), staff])).hexdigest()
    here = {"organisation_id": place.organisation_id, "store_id": place.store_id}
    kept: StaffDocument | None = StaffDocument.objects.filter(**here).first()
    beyond = version_beyond(kept.version, heard, now) if kept else None
    if kept is not None and kept.fingerprint == fingerprint and beyond is None:
        return kept
    version = beyond or next_version(kept.version if kept else 0, now)
    document = StaffDocument(
        **here,
        chain_id=place.chain_id,
        version=version,
        fingerprint=fingerprint,
        document=_sign(place, staff, version, now),
    )
    return _keep(document, kept)


def _keep(document: StaffDocument, kept: StaffDocument | None) -> StaffDocument:
    """Of two devices that ask at once, one signs a version and the other gets the same."""
    try:
        with transaction.atomic():
            if kept is None:
                document.save(force_insert=True)
                return document
            changed = StaffDocument.objects.filter(pk=kept.pk, version=kept.version).update(
                version=document.version, fingerprint=document.fingerprint, document=document.document
            )
    except IntegrityError:
        changed = 0
    if changed:
        return document
    newest: StaffDocument = StaffDocument.objects.get(
        organisation_id=document.organisation_id, store_id=document.store_id
    )
    return newest


def _till_staff(place: Place) -> list[dict[str, Any]]:
    assistants = ShopAssistant.objects.filter(
        organisation_id=place.organisation_id, store_id=place.store_id, is_active=True, blocked_at__isnull=True
    ).order_by("number")
    return [
        {
            "id": str(each.id),
            "number": each.number,
            "name": each.name,
            "role": each.role,
            "pin": each.pin,
            "pin_version": each.pin_version,
        }
        for each in assistants
    ]


def _sign(place: Place, staff: list[dict[str, Any]], version: int, now: datetime) -> str:
    payload = {
        "v": 1,
        "version": version,
        "org": str(place.organisation_id),
        "store": str(place.store_id),
        "issued_at": to_wire(now),
        "staff": staff,
    }
    return service_key().sign(STAFF, msgspec.json.encode(payload))
