"""A store's report of a backup is kept; a store without a proven one is complained of."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import Meta

from butik.audit.actions import record
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.clock import is_within
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, Owner
from butik.live.actions import announce
from butik.organisation.models import Chain, Store
from butik.organisation.pairing import pairing_of
from butik.readiness.models import BackupReport, BackupWatch
from butik.readiness.proof import read_held, read_proof
from butik.readiness.queries import newest_proven
from butik.readiness.rules import COMPLAINT_EVERY, Readiness
from butik.snapshot.manifest import Proven, Quarantined

TOPIC = "backups"
State = BackupReport.State
SOURCE = "butik.readiness"
JUDGED = (State.PROVEN, State.QUARANTINED)  # by the emergency cloud, which signs it


class BackupBody(msgspec.Struct, frozen=True):
    """Outbox kind `backup` (docs/formats/emergency.md)."""

    id: UUID
    state: Literal["MADE", "UPLOADED", "PROVEN", "QUARANTINED", "SUPERSEDED", "FAILED"]
    made_at: Annotated[datetime, Meta(tz=True)]
    size: Annotated[int, Meta(ge=0, le=2**40)] = 0
    detail: str = ""
    proof: Annotated[str, Meta(max_length=4000)] = ""


def take_backup(*, store: Store, body: bytes, now: datetime) -> BackupReport:
    """Keep the newest that is said of a backup. What is proven stays proven; a proof that does not hold proves nothing.

    Raises BadDocument for a body that is none.
    """
    said = read_as(body, BackupBody)
    with transaction.atomic():
        verdict, trouble = _check(store, said, now)
        rows = BackupReport.objects.select_for_update().filter(organisation_id=store.organisation_id, store=store)
        known: BackupReport | None = rows.filter(backup=said.id).first()
        if known and known.state == State.PROVEN:
            return known
        report = known or BackupReport(
            organisation_id=store.organisation_id, chain_id=store.chain_id, store=store, backup=said.id
        )
        report.state = State.UPLOADED if said.state in JUDGED and not verdict else said.state
        # the store's clock may run ahead, but no report of its is the newest one for ever
        report.made_at, report.reported_at, report.size = min(said.made_at, now), now, said.size
        report.detail = (trouble or said.detail)[:300]
        if verdict:
            report.proof = said.proof
        if isinstance(verdict, Proven):
            # the deadline counts from here, so a cloud whose clock runs ahead must not make it later
            report.received_at = min(verdict.received_at, now)
            report.articles = verdict.articles
        report.save()
        where = _where(store)
        record(f"readiness.backup.{report.state.lower()}", **where, actor=f"store:{store.id}", at=now, subject=said.id)
        announce(TOPIC, **where, ref=store.id, at=now)
        if report.state == State.QUARANTINED:
            _alarm(
                store,
                f"The emergency cloud holds back a backup of {store.name}: something in it changed that no ordinary "
                "night changes. Look at it on the activation site.",
                said.id,
                now,
            )
    return report


def _check(store: Store, said: BackupBody, now: datetime) -> tuple[Proven | Quarantined | None, str]:
    """The verdict, or why there is none although the store says so."""
    if said.state not in JUDGED:
        return None, ""
    try:
        pairing = pairing_of(Chain.objects.get(pk=store.chain_id))
        if pairing is None:
            raise BadDocument("a proof, although this chain is not paired with an emergency cloud")
        read = read_proof if said.state == State.PROVEN else read_held
        owner = Owner(store.organisation_id, store.chain_id, store.id)
        return read(said.proof, root=pairing.key_bytes, owner=owner, backup=said.id, now=now), ""
    except BadDocument as error:
        message = f"The proof of a backup of {store.name} does not hold: {error}. The backup counts as not proven."
        _alarm(store, message, said.id, now)
        return None, f"The proof does not hold: {error}."


def _alarm(store: Store, message: str, backup: UUID, now: datetime) -> None:
    place = Place(**_where(store))
    log_problem(level="ERROR", source=SOURCE, message=message, detail=f"backup {backup}", now=now, place=place)


def complain(*, store: Store, watch: BackupWatch, proven_at: datetime | None, now: datetime) -> bool:
    """Say in the error log, once a day, that a store has had no proven backup for too long. Return whether it was."""
    if not Readiness(is_paired=True, proven_at=proven_at, since=watch.since).is_missing(now):
        return False
    if is_within(COMPLAINT_EVERY, watch.complained_at, now):
        return False
    where = _where(store)
    with transaction.atomic():
        BackupWatch.objects.filter(pk=watch.pk).update(complained_at=now)
        last = f"the last one is of {proven_at:%Y-%m-%d %H:%M} UTC" if proven_at else "it has never had one"
        log_problem(
            level="ERROR",
            source=SOURCE,
            message=f"{store.name} has no proven backup of the last {_hours(watch, proven_at, now)} hours: {last}.",
            now=now,
            place=Place(**where),
        )
        announce(TOPIC, **where, ref=store.id, at=now)
    return True


def watch_store(*, store: Store, now: datetime) -> BackupWatch:
    """From now on this store owes its chain a proven backup a day."""
    watch, _ = BackupWatch.objects.get_or_create(
        organisation_id=store.organisation_id, store=store, defaults={"chain_id": store.chain_id, "since": now}
    )
    return watch


def check_deadlines(*, chain: Chain, now: datetime) -> int:
    """Look at every store of a chain that is paired. Return how many complaints were made."""
    if pairing_of(chain) is None:
        return 0
    stores = Store.objects.filter(organisation_id=chain.organisation_id, chain=chain, key__isnull=False)
    watches = {each.store_id: each for each in BackupWatch.objects.filter(organisation_id=chain.organisation_id)}
    newest = newest_proven(BackupReport.objects.filter(organisation_id=chain.organisation_id, chain=chain))
    made = 0
    for store in stores:
        watch = watches.get(store.pk) or watch_store(store=store, now=now)
        made += complain(store=store, watch=watch, proven_at=newest.get(store.pk), now=now)
    return made


def _hours(watch: BackupWatch, proven_at: datetime | None, now: datetime) -> int:
    return int((now - (proven_at or watch.since)) / timedelta(hours=1))


def _where(store: Store) -> dict[str, Any]:
    return {"organisation_id": store.organisation_id, "chain_id": store.chain_id, "store_id": store.id}
