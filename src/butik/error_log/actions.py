"""Keep what went wrong; tell the chain, when this is a store."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import F, Q
from msgspec import Meta

from butik.changes.actions import put_in_outbox
from butik.error_log.models import ErrorEntry
from butik.error_log.problems import DETAIL, MESSAGE, Place, Seen, clean, fingerprint
from butik.lib.clock import is_within, to_wire
from butik.lib.outside import read_as
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.tenancy import tenant_scope

TOLD_AGAIN = timedelta(minutes=1)  # a problem that goes on is told to the chain at most this often
HIGHEST = 2**31 - 1
HERE = Place()  # this service itself


class EntryBody(msgspec.Struct, frozen=True):
    """An entry as a store tells its chain. `count` is the total, so that telling it twice changes nothing."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    level: Literal["WARNING", "ERROR", "CRITICAL"]
    source: Annotated[str, Meta(max_length=80)]
    message: Annotated[str, Meta(max_length=MESSAGE)]
    detail: Annotated[str, Meta(max_length=DETAIL)]
    count: Annotated[int, Meta(ge=1, le=HIGHEST)]
    first_at: Annotated[datetime, Meta(tz=True)]
    latest_at: Annotated[datetime, Meta(tz=True)]


def log_problem(*, level: str, source: str, message: str, now: datetime, detail: str = "", place: Place = HERE) -> None:
    """Keep a problem at once, inside the caller's transaction if there is one. Code that may wait logs as usual."""
    seen = Seen(
        place=place,
        level=level,
        source=source[:80],
        message=clean(message, MESSAGE),
        detail=clean(detail, DETAIL),
        fingerprint=fingerprint(source, level, message),
        first_at=now,
        latest_at=now,
    )
    keep([seen], now=now)


def keep(problems: Iterable[Seen], *, now: datetime) -> None:
    """Count each with its like. Without an organisation in sight there is nobody to show it to: the console has it."""
    for problem in problems:
        place = _placed(problem.place)
        if place.organisation_id is None:
            continue
        with tenant_scope([place.organisation_id]), transaction.atomic():
            entry = _count(problem, place.organisation_id, place)
            _tell_chain(entry, now)
            _announce(entry, now)


def tell_chain_again(*, now: datetime) -> None:
    """Tell what went on since it was last told."""
    here = this_installation()
    if here.organisation_id is None or here.store_id is None:
        return
    with tenant_scope([here.organisation_id]), transaction.atomic():
        stale = ErrorEntry.objects.filter(organisation_id=here.organisation_id, store_id=here.store_id).filter(
            Q(told_at__isnull=True)
            | Q(told_at__gt=now)  # our clock was put back since
            | Q(told_at__lt=F("latest_at"), told_at__lte=now - TOLD_AGAIN)
        )
        for entry in stale[:100]:
            _tell_chain(entry, now)


def take_in(*, organisation_id: UUID, chain_id: UUID, store_id: UUID, body: bytes | str, now: datetime) -> None:
    """At the chain: a store's entry. Raises msgspec.ValidationError when it is none. Call in the sync's transaction."""
    said = read_as(body, EntryBody)
    latest_at = min(said.latest_at, now)  # nobody's clock keeps an entry on top for ever, or later words out
    fields: dict[str, Any] = {
        "chain_id": chain_id,
        "level": said.level,
        "source": said.source,
        "message": clean(said.message, MESSAGE),
        "detail": clean(said.detail, DETAIL),
        "first_at": min(said.first_at, latest_at),
        "latest_at": latest_at,
        "count": said.count,
    }
    key: dict[str, Any] = {"organisation_id": organisation_id, "store_id": store_id, "fingerprint": said.fingerprint}
    known = ErrorEntry.objects.filter(**key).first()
    if known and known.latest_at >= latest_at and known.count > said.count:
        return  # an older word that comes late; a store whose clock went back has counted on
    entry, _ = ErrorEntry.objects.update_or_create(**key, defaults=fields)
    _announce(entry, now)


def _placed(place: Place) -> Place:
    if place.organisation_id:
        return place
    here = this_installation()
    return Place(here.organisation_id, here.chain_id, here.store_id)


def _count(problem: Seen, organisation_id: UUID, place: Place) -> ErrorEntry:
    key: dict[str, Any] = {
        "organisation_id": organisation_id,
        "store_id": place.store_id,
        "fingerprint": problem.fingerprint,
    }
    known = ErrorEntry.objects.select_for_update().filter(**key).first()
    entry = known or ErrorEntry(**key, chain_id=place.chain_id, count=0, first_at=problem.first_at)
    entry.level, entry.source = problem.level, problem.source
    entry.message, entry.detail = problem.message, problem.detail
    entry.count = min(entry.count + problem.count, HIGHEST)
    entry.latest_at = problem.latest_at
    entry.save()
    return entry


def _tell_chain(entry: ErrorEntry, now: datetime) -> None:
    if this_installation().store_id is None or is_within(TOLD_AGAIN, entry.told_at, now):
        return
    said = EntryBody(
        fingerprint=entry.fingerprint,
        level=entry.level,  # type: ignore[arg-type]
        source=entry.source,
        message=entry.message,
        detail=entry.detail,
        count=entry.count,
        first_at=entry.first_at,
        latest_at=entry.latest_at,
    )
    body = msgspec.to_builtins(said) | {"first_at": to_wire(said.first_at), "latest_at": to_wire(said.latest_at)}
    put_in_outbox(kind="error", organisation_id=entry.organisation_id, at=now, body=msgspec.json.encode(body).decode())
    entry.told_at = now
    entry.save(update_fields=["told_at"])


def _announce(entry: ErrorEntry, now: datetime) -> None:
    announce(
        "errors",
        organisation_id=entry.organisation_id,
        chain_id=entry.chain_id,
        store_id=entry.store_id,
        ref=entry.store_id or "",
        at=now,
    )
