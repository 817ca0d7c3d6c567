"""A backup that has not been sold from is a hope: each is examined in the jail; then proven, held back or refused."""

import errno
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F

from butik.audit.actions import record
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.outside import BadDocument, read_as
from butik.live.actions import announce
from butik.organisation.keys import emergency_root
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.format import Assistant, BadSnapshot
from butik.snapshot.manifest import Proven, sign_proven
from butik.vault.differences import Difference, contents_of, is_poisoned
from butik.vault.evidence import Evidence, Order
from butik.vault.ingest import check_ingestible, ingest_devices, ingest_versions, refused_by_the_database
from butik.vault.jail import BitRot, JailTrouble, examine_in_jail
from butik.vault.judging import differences_of, pack_shelf, quarantine_backup, seal_staff
from butik.vault.keys import identity_of
from butik.vault.manifests import manifest_of
from butik.vault.models import StoredBackup, StoredPrices
from butik.vault.retention import week_of
from butik.vault.storage import object_path

ATTEMPTS = 3  # that are cut short for a reason that may be the file's
State = StoredBackup.State


def prove_backup(*, backup: StoredBackup, now: datetime) -> None:
    """Examine a received backup; afterwards it is PROVEN, QUARANTINED or REFUSED. Again: nothing more happens.

    Raises OSError when this machine has no room, JailTrouble when the jail failed: the backup waits as it was.
    """
    try:
        evidence = _examine(backup)
        check_ingestible(evidence)
        staff = [_till_staff(each) for each in evidence.staff]
        with tenant_scope([backup.organisation_id]):
            differences = differences_of(backup, evidence, staff)
        if is_poisoned(differences):
            quarantine_backup(backup=backup, differences=differences, articles=evidence.articles, now=now)
            return
        with refused_by_the_database():
            ingest_versions(backup.store, evidence.versions)
            _keep_proof(backup, evidence, staff, differences, now)
    except (BadSnapshot, BitRot) as error:
        refuse_backup(backup=backup, reason=str(error), now=now)


def refuse_backup(*, backup: StoredBackup, reason: str, now: datetime) -> None:
    """It will never be chosen. The store's next answer simply brings no proof of it; people see it on the board."""
    where = _where(backup)
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        rows = StoredBackup.objects.filter(pk=backup.pk, state=State.RECEIVED)
        if not rows.update(state=State.REFUSED, refusal=reason[:300]):
            return
        record("vault.backup.refused", **where, actor="system", at=now, subject=backup.pk)
        log_problem(
            level="ERROR",
            source="butik.vault.proving",
            message=f"A backup of store {backup.store.number} is worthless: it {reason}.",
            now=now,
            place=Place(**where),
        )
        announce("vault", **where, ref=backup.pk, at=now)


def _examine(backup: StoredBackup) -> Evidence:
    manifest = manifest_of(backup)
    order = Order(
        identity=identity_of(backup.chain_id),
        org=str(backup.organisation_id),
        chain=str(backup.chain_id),
        store=str(backup.store_id),
        made_at=manifest.made_at,
        plain_size=manifest.plain_size,
        articles=manifest.articles,
        price_file=manifest.price_file,
        since=_known_until(backup),
    )
    try:
        answer = examine_in_jail(object_path(backup.object), backup.sha256, order)
    except FileNotFoundError as error:
        raise BitRot("is gone from the disk") from error
    except JailTrouble as trouble:
        if trouble.is_for_lack_of_room:
            raise OSError(errno.ENOSPC, str(trouble)) from trouble
        if _count_attempt(backup) < ATTEMPTS:
            raise
        raise BadSnapshot(f"could not be examined in {ATTEMPTS} attempts: {trouble}") from trouble
    if answer.evidence is None:
        raise BadSnapshot(answer.refusal or "was examined without a result")
    return answer.evidence


def _known_until(backup: StoredBackup) -> int:
    """The position until which the store's article versions are here; -1 (all are wanted) once a week.

    What a feed has said keeps its version, so each night brings only what is newer. Once a week all are compared: a
    chain that was put back from a backup may have given a position a second time.
    """
    monday = week_of(backup.day)
    with tenant_scope([backup.organisation_id]):
        newest = StoredBackup.objects.newest_proven(backup.store)
    return newest.position if newest is not None and week_of(newest.day) == monday else -1


def _count_attempt(backup: StoredBackup) -> int:
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        rows = StoredBackup.objects.filter(pk=backup.pk)
        rows.update(attempts=F("attempts") + 1)
        return int(rows.values_list("attempts", flat=True).get())


def _keep_proof(
    backup: StoredBackup,
    evidence: Evidence,
    staff: list[dict[str, Any]],
    differences: list[Difference],
    now: datetime,
) -> None:
    where, prices = _where(backup), evidence.prices
    proof, sealed, shelf = _sign(backup, evidence, now), seal_staff(backup, staff), pack_shelf(evidence.shelf)
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        store = Store.objects.select_for_update(of=("self",)).get(pk=backup.store_id)
        if not StoredBackup.objects.filter(pk=backup.pk, state=State.RECEIVED).exists():
            return
        ingest_devices(store, evidence, now)
        StoredPrices.objects.get_or_create(
            **where, sha256=prices.sha256, defaults={"content": prices.content, "shelf": shelf}
        )
        StoredBackup.objects.filter(pk=backup.pk).update(
            state=State.PROVEN,
            proof=proof,
            proven_at=now,
            articles=evidence.articles,
            price_sha256=prices.sha256,
            price_version=prices.version,
            price_position=prices.position,
            position=evidence.position,
            staff=sealed,
            differences=msgspec.json.encode(differences).decode(),
            contents=msgspec.json.encode(contents_of(evidence, backup.key_version)).decode(),
        )
        record("vault.backup.proven", **where, actor="system", at=now, subject=backup.pk)
        announce("vault", **where, ref=backup.pk, at=now)


def _sign(backup: StoredBackup, evidence: Evidence, now: datetime) -> str:
    proven = Proven(
        org=backup.organisation_id,
        chain=backup.chain_id,
        store=backup.store_id,
        backup=backup.pk,
        sha256=backup.sha256,
        received_at=backup.received_at,
        proven_at=now,
        articles=evidence.articles,
        look_ups=evidence.look_ups,
        baskets=evidence.baskets,
        price_file=evidence.prices.sha256,
    )
    return sign_proven(proven, emergency_root(backup.chain_id))


def _till_staff(assistant: Assistant) -> dict[str, Any]:
    try:
        pin: dict[str, str | int] = read_as(assistant.pin, dict[str, str | int])
    except BadDocument as error:
        raise BadSnapshot("a PIN verifier of its till staff does not fit") from error
    return assistant._asdict() | {"pin": pin}


def _where(backup: StoredBackup) -> dict[str, UUID]:
    return {
        "organisation_id": backup.organisation_id,
        "chain_id": backup.chain_id,
        "store_id": backup.store_id,
    }
