"""What a rebuilt store controller asks: its backup, its sales of the emergency, and to be let go."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from butik.emergency import wire
from butik.emergency.actions import claim_store, mark_recovered, open_assignments, release_store
from butik.emergency.models import Assignment, EmergencyStore, RecordHead, RecordPosition
from butik.lib import clock
from butik.lib.clock import to_wire
from butik.lib.machine_api import answer, decode_body
from butik.lib.problems import Problem
from butik.lib.signing import key_id
from butik.organisation.guesses import allow_guess, note_wrong_guess
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import latest_series_numbers
from butik.sales.models import Series
from butik.sales.totals import day_sums, sums_sha256
from butik.snapshot.seal import seal, unseal
from butik.vault.authentication import identify_store, take_key
from butik.vault.keys import identity_of
from butik.vault.models import StoredBackup
from butik.vault.storage import object_path

SMALL = 16 * 1024
MOST_RECORDS = 500
PLAIN_LIMIT = 4 * 1024**3  # it was proven once; a snapshot is never larger
CHUNK = 256 * 1024
RECIPIENT_LENGTH = 62  # age1 and 58 characters

_decode_claim = msgspec.json.Decoder(wire.Claim)
_decode_recovered = msgspec.json.Decoder(wire.Recovered)


@dataclass(frozen=True, slots=True)
class Claimant:
    """A store whose controller has claimed the right to read its own emergency sales."""

    store: Store
    row: EmergencyStore

    @property
    def actor(self) -> str:
        return f"store:{self.store.pk}"


def claim(request: HttpRequest) -> HttpResponse:
    """Exchange a one-time recovery key for that right, bound to the key of the caller's certificate."""
    store, body, certificate = identify_store(request, SMALL)
    key, moment = decode_body(body, _decode_claim).key, clock.now()
    caller = key_id(certificate.key_bytes)
    allow_guess(door="recovery-key", caller=caller, now=moment)
    with tenant_scope([store.organisation_id]):
        row = newest_row(store)
    with tenant_scope([store.organisation_id]), transaction.atomic():
        claimed = claim_store(row=row, key=key, claimant=certificate.key_bytes, actor=f"store:{store.pk}", now=moment)
        if claimed is not None:  # a person vouches for it: only now is its key the store's
            take_key(store.chain, certificate)
    if claimed is None or claimed.claim_expires_at is None:
        note_wrong_guess(door="recovery-key", caller=caller, now=moment)
        raise Problem("bad-code", 403, "This recovery key is wrong, was used, or is older than 24 hours.")
    with tenant_scope([store.organisation_id]):
        emergency = wire.EmergencyNamed(claimed.emergency_id, claimed.emergency.number)
        opened = {str(pos): number for pos, number in latest_series_numbers(store).items() if number}
    return answer(wire.Claimed(emergency, _backup(claimed), to_wire(claimed.claim_expires_at), opened))


def backup(request: HttpRequest) -> HttpResponseBase:
    """The chosen backup, sealed anew for the recipient that the signed address names."""
    claimant, _ = _identify(request)
    recipient = request.GET.get("recipient", "")
    if len(recipient) != RECIPIENT_LENGTH or not recipient.startswith("age1") or not recipient.isalnum():
        raise Problem("bad-request", 422, "The recipient is missing.", "?recipient=age1…")
    chosen = claimant.row.backup_id
    with tenant_scope([claimant.store.organisation_id]):
        found = StoredBackup.objects.of_store(claimant.store).filter(pk=chosen).first() if chosen else None
    if found is None:
        raise Problem("not-found", 404, "No backup was chosen for this store.")
    folder = Path(tempfile.mkdtemp(prefix="recovery-", dir=_temporary()))
    try:
        unseal(object_path(found.object), folder / "plain", identity_of(found.chain_id), limit=PLAIN_LIMIT)
        sealed = seal(folder / "plain", folder / "sealed", recipient)
        response = StreamingHttpResponse(_stream(folder), content_type="application/octet-stream")
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, ValueError | OSError) or type(error).__name__ == "RecipientError":
            raise Problem("bad-request", 422, "The backup cannot be sealed for this recipient.") from error
        raise
    response.headers["Content-Length"] = str(sealed.size)
    return response


def records(request: HttpRequest) -> HttpResponse:
    """Everything that devices of the store have brought, in one gapless order."""
    claimant, _ = _identify(request)
    after, limit = _number(request, "after", 0), min(_number(request, "limit", MOST_RECORDS), MOST_RECORDS)
    where = {"organisation_id": claimant.store.organisation_id, "store_id": claimant.store.pk}
    with tenant_scope([claimant.store.organisation_id]):
        head = RecordHead.objects.filter(**where).values_list("position", flat=True).first() or 0
        rows = list(RecordPosition.objects.filter(**where, position__gt=after).order_by("position")[:limit])
        # all of them: the last sales of an N series have none of their own, and are signed by the same devices
        documents = dict(Assignment.objects.filter(**where).order_by("issued_at", "pk").values_list("pk", "document"))
    places = {pk: place for place, pk in enumerate(documents)}
    taken = [
        wire.RecordTaken(each.position, to_wire(each.received_at), each.document, places.get(each.assignment_id))
        for each in rows
    ]
    position = rows[-1].position if rows else after
    return answer(wire.Records(taken, list(documents.values()), position, max(head, position if rows else 0)))


def release(request: HttpRequest) -> HttpResponse:
    """Stop the store's devices."""
    claimant, _ = _identify(request)
    row = release_store(row=claimant.row, actor=claimant.actor, now=clock.now())
    return answer(wire.StoreState(row.state))


def totals(request: HttpRequest) -> HttpResponse:
    """What this cloud has booked for the store, and whose series is still open."""
    claimant, _ = _identify(request)
    with tenant_scope([claimant.store.organisation_id]):
        return answer(totals_of(claimant.store, claimant.row))


def recovered(request: HttpRequest) -> HttpResponse:
    """Mark the store as recovered, if it has booked to the last minor unit what was booked here."""
    claimant, body = _identify(request)
    said, row, moment = decode_body(body, _decode_recovered).totals_sha256, claimant.row, clock.now()
    if row.state != EmergencyStore.State.RECOVERED:
        with tenant_scope([claimant.store.organisation_id]):
            _require_equal(totals_of(claimant.store, row), said)
        row = mark_recovered(row=row, totals_sha256=said, actor=claimant.actor, now=moment)
    if row.released_at is None or row.recovered_at is None:
        raise Problem("not-released", 409, "The store's devices have not been stopped yet: release first.")
    return answer(wire.IsRecovered(row.state, wire.Gap(to_wire(row.released_at), to_wire(row.recovered_at))))


def totals_of(store: Store, row: EmergencyStore) -> wire.Totals:
    sums = day_sums(organisation_id=store.organisation_id, store_id=store.pk)
    series = Series.objects.filter(organisation_id=store.organisation_id, store_id=store.pk)
    return wire.Totals(
        state=row.state,
        series=[
            wire.SeriesSum(
                each.pos_number,
                each.pk,
                each.label,
                each.device_id,
                each.state,
                each.sales,
                each.total,
                each.latest_counter,
            )
            for each in series.defer("opening", "closing").order_by("pos_number", "label")
        ],
        sums=sums,
        sha256=sums_sha256(sums),
        devices=[
            wire.OpenDevice(each.device_id, each.pos_number, each.device.name, each.series_id, each.label)
            for each in open_assignments(row)
        ],
    )


def _require_equal(here: wire.Totals, said: str) -> None:
    if here.state != EmergencyStore.State.RELEASED:
        raise Problem("not-released", 409, "The store's devices have not been stopped yet: release first.")
    if here.devices:
        raise Problem(
            "not-closed",
            409,
            "Not every device has closed its series.",
            "Wait for them, or let two persons accept what is lost at the activation site.",
            devices=msgspec.to_builtins(here.devices),
        )
    if said != here.sha256:
        raise Problem(
            "not-equal", 409, "The store's totals are not those of the emergency cloud.", expected=here.sha256
        )


def newest_row(store: Store) -> EmergencyStore:
    """The store's place in the chain's newest emergency. Raises Problem `no-emergency`."""
    row: EmergencyStore | None = (
        EmergencyStore.objects.select_related("emergency", "store")
        .filter(organisation_id=store.organisation_id, store=store)
        .order_by("-emergency__number")
        .first()
    )
    if row is None:
        raise Problem("no-emergency", 409, "This store is in no emergency.")
    return row


def _identify(request: HttpRequest) -> tuple[Claimant, bytes]:
    store, body, certificate = identify_store(request, SMALL)
    with tenant_scope([store.organisation_id]):
        row = newest_row(store)
    is_claimed = bytes(row.claimed_key or b"") == certificate.key_bytes
    if not is_claimed or row.claim_expires_at is None or row.claim_expires_at < clock.now():
        raise Problem(
            "not-claimed", 403, "This controller has not claimed the store's sales. Get a recovery key first."
        )
    return Claimant(store, row), body


def _backup(row: EmergencyStore) -> wire.BackupNamed | None:
    if row.backup_id is None or row.backup_made_at is None or row.backup_received_at is None:
        return None
    return wire.BackupNamed(row.backup_id, to_wire(row.backup_made_at), to_wire(row.backup_received_at))


def _number(request: HttpRequest, name: str, default: int) -> int:
    said = request.GET.get(name, "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 18):
        raise Problem("bad-request", 422, "The query does not fit.", f"{name} must be a number")
    return int(said) if said else default


def _temporary() -> Path:
    folder: Path = settings.BUTIK_DATA / "objects" / "outgoing"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _stream(folder: Path) -> Iterator[bytes]:
    """The sealed file; nothing of it is left behind, however the answer ends."""
    try:
        with (folder / "sealed").open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    finally:
        shutil.rmtree(folder, ignore_errors=True)
