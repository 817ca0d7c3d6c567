"""A backup that is whole is compared with the newest proven one: it is proven, or waits in quarantine for a person."""

import zlib
from datetime import datetime

import msgspec
import pyrage
from django.db import transaction

from butik.audit.actions import record
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.live.actions import announce
from butik.organisation.keys import emergency_root
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.manifest import Quarantined, sign_quarantined
from butik.vault.actions import is_held, staff_of
from butik.vault.differences import Contents, Difference, Side, compare, contents_of
from butik.vault.evidence import Evidence, Priced
from butik.vault.keys import recipient_of
from butik.vault.models import StoredBackup, StoredPrices

State = StoredBackup.State
Staff = list[dict[str, object]]
_EMERGENCY = Difference(rule="EMERGENCY", is_suspect=True, count=1, total=1, examples=[])
LARGEST_SHELF = 256 * 1024 * 1024  # bytes; it was made here, of an answer that is no larger


def differences_of(backup: StoredBackup, evidence: Evidence, staff: Staff) -> list[Difference]:
    """What is different from the newest proven one; and that it came during an emergency. Call in the tenant's scope.

    Of a backup that a person has accepted nothing is suspect any more, unless an emergency has begun since.
    """
    held = is_held(organisation_id=backup.organisation_id, chain_id=backup.chain_id, store_id=backup.store_id)
    found = [_EMERGENCY] if held else []
    before = StoredBackup.objects.newest_proven(backup.store)
    if before is not None and before.contents:
        known = Device.objects.filter(organisation_id=backup.organisation_id, store_id=backup.store_id)
        after = Side(contents_of(evidence, backup.key_version), staff, evidence.shelf)
        found += compare(_side(before), after, known.values_list("kid", flat=True))
    if backup.accepted_at is None:
        return found
    return [each if each.rule == "EMERGENCY" else msgspec.structs.replace(each, is_suspect=False) for each in found]


def quarantine_backup(*, backup: StoredBackup, differences: list[Difference], articles: int, now: datetime) -> bool:
    """It is kept and can be looked at; nothing is sold from it, and nothing that it says of its store is taken in."""
    where = {"organisation_id": backup.organisation_id, "chain_id": backup.chain_id, "store_id": backup.store_id}
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        before = StoredBackup.objects.newest_proven(backup.store)
        changed = StoredBackup.objects.filter(pk=backup.pk, state=State.RECEIVED).update(
            state=State.QUARANTINED,
            proof=_sign(backup, now),
            proven_at=now,
            articles=articles,
            compared_with=before.pk if before else None,
            differences=msgspec.json.encode(differences).decode(),
        )
        if not changed:
            return False
        rules = sorted({each.rule for each in differences if each.is_suspect})
        record("vault.backup.quarantined", **where, actor="system", at=now, subject=backup.pk, rules=rules)
        log_problem(
            level="ERROR",
            source="butik.vault.judging",
            message=f"A backup of store {backup.store.number} is in quarantine until a person has looked at it: "
            f"{', '.join(rules)}.",
            now=now,
            place=Place(**where),
        )
        announce("vault", **where, ref=backup.pk, at=now)
    return True


def read_differences(backup: StoredBackup) -> list[Difference]:
    return msgspec.json.decode(backup.differences, type=list[Difference]) if backup.differences else []


def pack_shelf(shelf: list[Priced]) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(shelf), level=1)


def seal_staff(backup: StoredBackup, staff: Staff) -> bytes:
    recipient = pyrage.x25519.Recipient.from_str(recipient_of(backup.chain_id))
    sealed: bytes = pyrage.encrypt(msgspec.json.encode(staff), [recipient])
    return sealed


def _side(backup: StoredBackup) -> Side:
    prices = StoredPrices.objects.filter(
        organisation_id=backup.organisation_id, store_id=backup.store_id, sha256=backup.price_sha256
    )
    packed = bytes(prices.values_list("shelf", flat=True).first() or b"")
    plain = zlib.decompressobj().decompress(packed, LARGEST_SHELF) if packed else b""
    shelf = msgspec.msgpack.decode(plain, type=list[Priced]) if plain else []
    return Side(msgspec.json.decode(backup.contents, type=Contents), staff_of(backup), shelf)


def _sign(backup: StoredBackup, now: datetime) -> str:
    said = Quarantined(
        org=backup.organisation_id,
        chain=backup.chain_id,
        store=backup.store_id,
        backup=backup.pk,
        sha256=backup.sha256,
        received_at=backup.received_at,
        quarantined_at=now,
    )
    return sign_quarantined(said, emergency_root(backup.chain_id))
