"""Making backups and handing them over. Each step is kept before the next one begins, so that a kill loses nothing.

Asked for (WAITING) → MAKING → MADE: whole, sealed and on the disk → UPLOADED → PROVEN, or QUARANTINED (a person must
look), or SUPERSEDED (a newer one is proven); or FAILED, and tried again until the day is over. Whoever makes and sends
holds `folder.only_one()`: what is MAKING then was left by one that died.
"""

import errno
import logging
import random
from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import IntegrityError, transaction

from butik import __version__
from butik.audit.actions import record
from butik.backups.folder import PART, folder, is_whole, put_in_place, sealed_file, sweep
from butik.backups.line import Answer, UploadTrouble, post_backup
from butik.backups.models import Backup
from butik.backups.snapshot_source import read_content
from butik.backups.verdicts import Verdict, read_verdicts
from butik.backups.window import pause_before
from butik.backups.words import TROUBLES
from butik.changes.actions import put_in_outbox
from butik.lib.clock import to_wire
from butik.lib.signing import document_hash
from butik.lib.storage import is_full
from butik.live.actions import announce
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing, pairing_of
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.manifest import Manifest, sign_manifest
from butik.snapshot.seal import seal
from butik.snapshot.write import Content, write_snapshot

State, Occasion = Backup.State, Backup.Occasion
# The proof of a backup is ready a minute or so after it came; the same backup posted again asks for it, politely.
PROOF_PAUSES = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=2))

logger = logging.getLogger(__name__)


class NotPaired(Exception):
    """The store's chain has no emergency cloud."""


def store_day(store: Store, now: datetime) -> date:
    """The day that a store is in."""
    return now.astimezone(ZoneInfo(store.timezone)).date()


def _pairing(store: Store) -> Pairing:
    with tenant_scope([store.organisation_id]):
        pairing = pairing_of(store.chain)
    if pairing is None:
        raise NotPaired
    return pairing


# --- asking ---


def ask_backup(*, store: Store, actor: str, now: datetime) -> Backup:
    """Have a backup made now. One that is at work, or would be tried again later, is that one."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        begun: Backup | None = Backup.objects.of_store(store).unfinished().order_by("asked_at", "id").first()
        if begun is None:
            return _ask(store, Occasion.ON_DEMAND, actor, now)
        if begun.retry_at is not None:
            begun.retry_at = now
            begun.save(update_fields=["retry_at"])
            _note("backups.backup.asked", begun, actor, now, occasion=begun.occasion)
        return begun


def ask_tonights(*, store: Store, now: datetime) -> Backup | None:
    """Have the nightly backup of the store's present day made; None when that was done before."""
    nightly = {"occasion": Occasion.NIGHTLY, "day": store_day(store, now)}
    try:
        with tenant_scope([store.organisation_id]), transaction.atomic():
            if Backup.objects.of_store(store).filter(**nightly).exists():
                return None
            return _ask(store, Occasion.NIGHTLY, "system", now)
    except IntegrityError:
        return None  # another worker was faster


def _ask(store: Store, occasion: str, actor: str, now: datetime) -> Backup:
    backup = Backup.objects.create(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store=store,
        occasion=occasion,
        day=store_day(store, now),
        asked_at=now,
        asked_by=actor,
    )
    _note("backups.backup.asked", backup, actor, now, occasion=occasion)
    return backup


# --- making ---


def make_backup(*, store: Store, now: datetime, backup: Backup | None = None) -> Backup:
    """Read, pack, encrypt and sign: MADE, or FAILED with the reason. Without `backup` one is asked for first.

    Raises NotPaired. The caller holds `folder.only_one()`.
    """
    pairing = _pairing(store)
    if backup is None:
        backup = ask_backup(store=store, actor="system", now=now)
    _step(backup, State.MAKING, now)
    try:
        content = read_content(store, at=now)
        made = _seal(backup, store, content, pairing, now)
    except OSError as error:
        code = "no-room" if is_full(error) or error.errno == errno.EFBIG else "failed"
        return _failed(backup, code, str(error), now, error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told, and tried again
        return _failed(backup, "failed", f"{type(error).__name__}: {error}", now, error)
    _made(backup, made, content, now)
    return backup


def _seal(backup: Backup, store: Store, content: Content, pairing: Pairing, now: datetime) -> Manifest:
    """Leave the sealed file in its place, whole and on the disk, and nothing beside it."""
    plain, sealed = folder() / f"{backup.id}.plain{PART}", folder() / f"{backup.id}{PART}"
    for path in (plain, sealed, sealed_file(backup.id)):
        path.unlink(missing_ok=True)
    try:
        write_snapshot(plain, content)
        packed = seal(plain, sealed, pairing.recipient)
    except BaseException:
        sealed.unlink(missing_ok=True)
        raise
    finally:
        plain.unlink(missing_ok=True)
    put_in_place(sealed, backup.id)
    with tenant_scope([store.organisation_id]):
        before = Backup.objects.of_store(store).newest_made()
    return Manifest(
        id=backup.id,
        org=store.organisation_id,
        chain=store.chain_id,
        store=store.id,
        made_at=now,
        sha256=packed.sha256,
        size=packed.size,
        plain_size=packed.plain_size,
        articles=len(list(content.articles)),
        price_file=content.price_file.sha256 if content.price_file else "",
        previous=document_hash(before.manifest) if before else "",
        app=__version__,
    )


def _made(backup: Backup, manifest: Manifest, content: Content, now: datetime) -> None:
    backup.manifest = sign_manifest(manifest, service_key())
    backup.made_at = manifest.made_at
    backup.trouble, backup.detail, backup.retry_at = "", "", None
    backup.sha256 = manifest.sha256
    backup.size, backup.plain_size = manifest.size, manifest.plain_size
    backup.articles = manifest.articles
    backup.assistants = len(list(content.assistants))
    backup.devices = len(list(content.devices))
    backup.price_version = content.price_file.version if content.price_file else None
    _step(backup, State.MADE, now, tell=True)


# --- handing over ---


def upload_backup(*, store: Store, backup: Backup, now: datetime) -> Backup:
    """Post a backup that was made: UPLOADED, PROVEN, or FAILED with the reason. Again: the same, and its newest proof.

    Raises NotPaired. The caller holds `folder.only_one()`.
    """
    pairing = _pairing(store)
    path = sealed_file(backup.id)
    if not is_whole(path, backup.sha256):
        return _failed(backup, "damaged", "", now)
    try:
        answer = post_backup(pairing=pairing, backup=backup, path=path)
    except UploadTrouble as trouble:
        return _failed(backup, trouble.code, trouble.detail, now, trouble)
    _take_answer(store, backup, answer, pairing, now)
    return backup


def ask_proof(*, store: Store, backup: Backup, now: datetime) -> Backup:
    """Post an uploaded backup once more, for its proof. That this fails harms nothing: the next upload brings it."""
    pairing, path = _pairing(store), sealed_file(backup.id)
    backup.proof_asks += 1
    backup.ask_proof_at = _next_ask(backup, now)
    with tenant_scope([backup.organisation_id]):
        backup.save(update_fields=["proof_asks", "ask_proof_at"])
    if not is_whole(path, backup.sha256):
        return backup
    try:
        answer = post_backup(pairing=pairing, backup=backup, path=path)
    except UploadTrouble as trouble:
        logger.info("The proof of a backup could not be fetched: %s", trouble.detail)
        return backup
    _take_verdicts(store, backup, answer, pairing, now)
    return backup


def _take_answer(store: Store, backup: Backup, answer: Answer, pairing: Pairing, now: datetime) -> None:
    backup.uploaded_at = answer.received_at
    backup.trouble, backup.detail, backup.retry_at = "", "", None
    backup.ask_proof_at = _next_ask(backup, now)
    _step(backup, State.UPLOADED, now, tell=True)
    _take_verdicts(store, backup, answer, pairing, now)


def _take_verdicts(store: Store, backup: Backup, answer: Answer, pairing: Pairing, now: datetime) -> None:
    """What the answer says of this backup, or of one before it."""
    for verdict in read_verdicts(store, answer, pairing):
        _judged(store, verdict, now)
    with tenant_scope([backup.organisation_id]):
        backup.refresh_from_db()


def _judged(store: Store, verdict: Verdict, now: datetime) -> None:
    """Keep the verdict with the backup that it is about. What is proven stays so; what is older waits no longer."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        rows = Backup.objects.of_store(store)
        # one that this database does not know was made before it was rebuilt
        backup: Backup | None = rows.select_for_update().filter(pk=verdict.backup, sha256=verdict.sha256).first()
        if backup is not None and backup.state not in {State.PROVEN, verdict.state}:
            backup.proof, backup.proven_at = verdict.document, verdict.proven_at
            backup.uploaded_at = verdict.received_at
            backup.trouble, backup.detail, backup.retry_at, backup.ask_proof_at = "", "", None, None
            _step(backup, verdict.state, now, tell=True)
            sealed_file(backup.id).unlink(missing_ok=True)
        if verdict.state == State.PROVEN:
            for older in rows.filter(state=State.UPLOADED, uploaded_at__lt=verdict.received_at):
                older.ask_proof_at = None
                _step(older, State.SUPERSEDED, now, tell=True)
                sealed_file(older.id).unlink(missing_ok=True)


def _next_ask(backup: Backup, now: datetime) -> datetime | None:
    return now + PROOF_PAUSES[backup.proof_asks] if backup.proof_asks < len(PROOF_PAUSES) else None


# --- trouble ---


def _failed(backup: Backup, code: str, detail: str, now: datetime, error: Exception | None = None) -> Backup:
    trouble = TROUBLES[code]
    is_news = backup.trouble != code
    backup.trouble, backup.detail = code, detail[:300]
    backup.attempts += 1
    chance = random.random()  # noqa: S311 - so that stores do not all come back at once
    backup.retry_at = None if trouble.is_final else now + pause_before(backup.attempts, chance=chance)
    _step(backup, State.FAILED, now, tell=is_news)
    # its words are the message: the error log tells problems apart by them
    logger.error(
        f"{trouble.english} %s", backup.detail, extra=_where(backup), exc_info=error if code == "failed" else None
    )
    if code == "damaged":
        _replace(backup, now)
    return backup


def _replace(backup: Backup, now: datetime) -> None:
    """One whose bytes are gone is never made again under its name."""
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        _ask(backup.store, Occasion.ON_DEMAND, "system", now)


def close_past(*, store: Store, now: datetime) -> None:
    """Give up what did not arrive on the day it was asked for.

    That day may not have come yet: our clock was ahead, and was put back. It gets its own nightly backup nevertheless.
    """
    today = store_day(store, now)
    with tenant_scope([store.organisation_id]):
        mine = Backup.objects.of_store(store)
        mine.filter(occasion=Occasion.NIGHTLY, day__gt=today).update(occasion=Occasion.ON_DEMAND)
        past = list(mine.unfinished().exclude(day=today))
    for backup in past:
        if backup.state == State.FAILED:
            with tenant_scope([store.organisation_id]):
                backup.retry_at = None
                backup.save(update_fields=["retry_at"])
        else:
            _failed(backup, "missed", "", now)


def sweep_files(*, store: Store, now: datetime) -> None:
    """Keep the sealed files that are still to be sent, or whose proof is still to be asked for."""
    with tenant_scope([store.organisation_id]):
        mine = Backup.objects.of_store(store).exclude(manifest="")
        kept: set[UUID] = set(mine.unfinished().values_list("pk", flat=True))
        kept |= set(mine.filter(state=State.UPLOADED, ask_proof_at__isnull=False).values_list("pk", flat=True))
    gone = sweep(kept)
    if gone:
        logger.info("Swept from the folder of backups: %s", ", ".join(sorted(gone)))


# --- keeping ---


def _step(backup: Backup, state: str, now: datetime, *, tell: bool = False) -> None:
    """Keep how far a backup has got; with `tell` the chain hears of it, and the audit log has it."""
    backup.state = state
    with tenant_scope([backup.organisation_id]), transaction.atomic():
        backup.save(force_update=True)
        if tell:
            _note(f"backups.backup.{state.lower()}", backup, "system", now, trouble=backup.trouble)
            _tell_chain(backup, now)
        else:
            _announce(backup, now)


def _tell_chain(backup: Backup, now: datetime) -> None:
    said = f"{TROUBLES[backup.trouble].english} {backup.detail}".strip() if backup.trouble else ""
    body = {
        "id": str(backup.id),
        "state": backup.state,
        "made_at": to_wire(backup.made_at or backup.asked_at),
        "size": backup.size,
        "detail": said[:300],
        "proof": backup.proof,
    }
    put_in_outbox(
        kind="backup",
        organisation_id=backup.organisation_id,
        ref=backup.id,
        body=msgspec.json.encode(body).decode(),
        at=now,
    )


def _note(action: str, backup: Backup, actor: str, now: datetime, **data: object) -> None:
    record(action, actor=actor, at=now, subject=backup.id, **_where(backup), **data)
    _announce(backup, now)


def _announce(backup: Backup, now: datetime) -> None:
    announce("backups", at=now, ref=backup.id, **_where(backup))


def _where(backup: Backup) -> "Where":
    return {
        "organisation_id": backup.organisation_id,
        "chain_id": backup.chain_id,
        "store_id": backup.store_id,
    }


class Where(TypedDict):
    organisation_id: UUID
    chain_id: UUID
    store_id: UUID
