"""The write-only slot: a store adds a backup. Nothing is read, listed, dated, overwritten or deleted through it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from butik.audit.actions import record
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.clock import to_wire
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument
from butik.live.actions import announce
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.format import FORMAT
from butik.snapshot.manifest import Manifest, read_manifest
from butik.vault.authentication import Caller, require_body
from butik.vault.models import StoredBackup
from butik.vault.storage import Incoming, Source, TooLong, discard, incoming, keep
from butik.vault.wire import Received

LARGEST = 256 * 1024 * 1024  # bytes of a body
LARGEST_PLAIN = 1024 * 1024 * 1024  # bytes that it may unpack to
A_DAY = 4


def take_backup(*, caller: Caller, document: str, length: int, body: Source, now: datetime) -> Received:
    """Keep a backup: `document` is its manifest, `body` a stream of `length` bytes. Raises Problem.

    Cheap questions first, the body then straight to the disk, and all questions again under the store's lock.
    """
    store = caller.store
    try:
        manifest = _read_manifest(document, caller, length)
        with tenant_scope([store.organisation_id]):
            _known(manifest, store, now)
        with incoming(body, length) as arrived:
            require_body(caller.claims, arrived.digest)
            if (arrived.size, arrived.digest.hex()) != (manifest.size, manifest.sha256):
                raise _bad("the body is not what the manifest says")
            backup, is_new = _keep(manifest, document, caller, arrived, now)
    except TooLong as error:
        raise _bad("the body is longer than was announced") from error
    except Problem as problem:
        _log(problem, store, now)
        raise
    with tenant_scope([store.organisation_id]):
        newest = StoredBackup.objects.newest_proven(store)
        held = StoredBackup.objects.newest_quarantined(store, newest)
    return Received(
        "RECEIVED" if is_new else "KNOWN",
        to_wire(backup.received_at),
        newest.proof if newest else None,
        held.proof if held else None,
        now.timestamp(),
    )


def today_of(store: Store, now: datetime) -> date:
    """The store-local date by our clock."""
    return now.astimezone(ZoneInfo(store.timezone)).date()


def _read_manifest(document: str, caller: Caller, length: int) -> Manifest:
    store = caller.store
    if length > LARGEST:
        raise Problem("too-large", 413, "The backup is too large.", f"The limit is {LARGEST} bytes.", limit=LARGEST)
    try:
        manifest = read_manifest(document, caller.certificate.key_bytes)
    except BadDocument as error:
        raise _bad(str(error)) from error
    if (manifest.org, manifest.chain, manifest.store) != (store.organisation_id, store.chain_id, store.id):
        raise _bad("it is of another store")
    if (manifest.format, manifest.v) != (FORMAT, 1):
        raise _bad(f"its format is not known here; this is {FORMAT}")
    if manifest.size != length:
        raise _bad("the body is not as long as it says")
    if manifest.plain_size > LARGEST_PLAIN:
        raise Problem("too-large", 413, "The backup unpacks to too much.", f"The limit is {LARGEST_PLAIN} bytes.")
    return manifest


def _known(manifest: Manifest, store: Store, now: datetime) -> StoredBackup | None:
    """The same backup, if it is here already; None if it may be kept. What is here is never overwritten."""
    kept = StoredBackup.objects.of_store(store)
    known: StoredBackup | None = kept.filter(pk=manifest.id).first()
    if known is not None:
        if known.sha256 != manifest.sha256:
            raise _bad("its id is that of another backup")
        return known
    if kept.filter(sha256=manifest.sha256).exists():
        raise _bad("it is an old file under a new name")
    day = today_of(store, now)
    _require_today(manifest, day, store)
    if kept.filter(day=day).count() >= A_DAY:
        raise Problem("too-many", 429, f"There are {A_DAY} backups of today already.")
    return None


def _require_today(manifest: Manifest, day: date, store: Store) -> None:
    if today_of(store, manifest.made_at) != day:
        raise Problem("not-today", 422, "Only a backup of today can be kept.", f"Today is {day}.")


def _keep(
    manifest: Manifest, document: str, caller: Caller, arrived: Incoming, now: datetime
) -> tuple[StoredBackup, bool]:
    """One row and one object, or neither. True when it is new."""
    store = caller.store
    where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
    name = ""
    try:
        with tenant_scope([store.organisation_id]), transaction.atomic():
            locked = Store.objects.select_for_update(of=("self",)).get(pk=store.pk)  # two uploads at once
            known = _known(manifest, locked, now)
            if known is not None:
                return known, False
            name = keep(arrived, f"{store.organisation_id}/{store.id}")
            backup: StoredBackup = StoredBackup.objects.create(
                **where,
                id=manifest.id,
                manifest=document,
                object=name,
                sha256=manifest.sha256,
                size=manifest.size,
                made_at=manifest.made_at,
                received_at=now,
                day=today_of(locked, now),
                key_version=caller.certificate.version,
            )
            actor = f"store:{store.id}"
            record("vault.backup.received", **where, actor=actor, at=now, subject=backup.pk, size=backup.size)
            announce("vault", **where, ref=backup.pk, at=now)
    except BaseException as error:
        if name:
            discard(name)
        if isinstance(error, IntegrityError):
            raise _bad("its id is that of another backup") from error
        raise
    return backup, True


def _log(problem: Problem, store: Store, now: datetime) -> None:
    """A refused backup is an entry of the error log: nobody looks on while stores upload at night."""
    log_problem(
        level="ERROR",
        source="butik.vault.slot",
        message=f"A backup of store {store.number} was refused: {problem.type}: {problem.detail or problem.title}",
        now=now,
        place=Place(store.organisation_id, store.chain_id, store.id),
    )


def _bad(detail: str) -> Problem:
    return Problem("bad-manifest", 422, "Manifest and backup do not fit each other, or the store.", detail)
