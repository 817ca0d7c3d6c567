"""The write-only slot: what is taken, what is refused, and that nothing is half kept."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_ISDIR
from typing import Any

import msgspec
import pytest
from django.conf import settings

from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.signing import SigningKey
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.manifest import sign_manifest
from butik.vault import slot, storage
from butik.vault.authentication import PROVISIONAL, Caller
from butik.vault.models import StoredBackup
from butik.vault.storage import UNFINISHED, object_path, objects
from butik.vault.tests.depot import ADDRESS, Depot, Sealed, midday, problem


@pytest.fixture
def sealed(depot: Depot) -> Sealed:
    return depot.backup()


def files() -> list[Path]:
    return [each for each in (settings.BUTIK_DATA / "objects").rglob("*") if each.is_file()]


def told(depot: Depot) -> list[str]:
    with tenant_scope([depot.org]):
        return list(ErrorEntry.objects.filter(store_id=depot.store_id).values_list("message", flat=True))


# --- who may ---


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Authorization": ""}, (401, "no-proof")),
        ({"Authorization": "Butik x.y.z"}, (401, "bad-proof")),
        ({"Butik-Certificate": ""}, (401, "unknown-store")),
        ({"Butik-Certificate": "a.b.c"}, (401, "unknown-store")),
        ({"Butik-Manifest": ""}, (422, "bad-manifest")),
        ({"Butik-Manifest": "a.b.c"}, (422, "bad-manifest")),
    ],
)
def test_what_is_missing_or_no_document_is_said(
    depot: Depot, sealed: Sealed, changes: dict[str, str], expected: tuple[int, str]
) -> None:
    assert problem(depot.post(sealed, **changes)) == expected
    assert files() == []


def test_another_chain_s_store_another_service_s_call_and_another_body_are_refused(
    depot: Depot, sealed: Sealed
) -> None:
    stranger = SigningKey.generate()
    by_stranger = Depot(depot.org, depot.chain, depot.store_id, stranger, key=depot.key).certificate()
    assert problem(depot.post(sealed, **{"Butik-Certificate": by_stranger})) == (401, "unknown-store")
    not_its = depot.certificate(key=depot.sister(13).certificate()[:43])
    assert problem(depot.post(sealed, **{"Butik-Certificate": not_its}))[0] == 401
    for wrong in (
        depot.proof("POST", ADDRESS, sealed.body, aud=f"chain/{depot.chain}"),
        depot.proof("POST", ADDRESS, b"another"),
        depot.proof("POST", "/api/vault/v1/other", sealed.body),
        depot.proof("GET", ADDRESS, sealed.body),
    ):
        assert problem(depot.post(sealed, Authorization=wrong)) == (401, "bad-proof")
    someone = depot.proof("POST", ADDRESS, sealed.body, sub=new_id())
    assert problem(depot.post(sealed, Authorization=someone)) == (401, "unknown-store")
    assert files() == []
    assert depot.all_stored() == []


def test_an_expired_certificate_and_one_for_another_use_are_refused(depot: Depot, sealed: Sealed) -> None:
    for said in ({"expires_at": "2020-01-01T00:00:00Z"}, {"use": "chain"}, {"org": str(new_id())}):
        assert problem(depot.post(sealed, **{"Butik-Certificate": depot.certificate(**said)})) == (401, "unknown-store")


def test_a_controller_that_was_replaced_is_refused_for_good(depot: Depot, sealed: Sealed) -> None:
    depot.upload(sealed)
    new = depot.rebuilt()
    new.upload(new.backup())
    assert problem(depot.post(depot.backup())) == (403, "old-key")
    assert depot.store.key_version == 2
    other = Depot(depot.org, depot.chain, depot.store_id, depot.root, key_version=2)
    assert problem(other.post(other.backup())) == (401, "unknown-store")  # the same version, with a second key


def test_a_store_that_was_opened_since_is_made_known(depot: Depot) -> None:
    for number, each in enumerate((depot.sister(20), depot.sister(21)), start=1):
        each.upload(each.backup())
        assert each.store.number == PROVISIONAL + number


# --- what is taken ---


def test_the_same_again_is_known_and_other_bytes_under_its_id_are_not(depot: Depot, sealed: Sealed) -> None:
    depot.upload(sealed)
    kept = files()
    assert msgspec.json.decode(depot.post(sealed).content)["outcome"] == "KNOWN"
    other = depot.backup(id=sealed.manifest.id)
    assert problem(depot.post(other)) == (422, "bad-manifest")
    assert files() == kept
    assert kept[0].read_bytes() == sealed.body
    assert any("its id is that of another backup" in message for message in told(depot))


def test_an_old_file_under_a_new_name_is_refused(depot: Depot, sealed: Sealed) -> None:
    depot.upload(sealed)
    renamed = Sealed(msgspec.structs.replace(sealed.manifest, id=new_id(), made_at=now()), sealed.body)
    assert problem(depot.post(renamed)) == (422, "bad-manifest")
    sister = depot.sister(13)
    sister.upload(sister.backup())
    theirs = sister.backup(id=sealed.manifest.id)
    assert problem(sister.post(theirs)) == (422, "bad-manifest")
    assert len(files()) == 2


@pytest.mark.parametrize("said", ["sha256", "size", "org", "chain", "store", "format"])
def test_a_manifest_that_does_not_fit_is_refused(depot: Depot, said: str) -> None:
    value: Any = {"sha256": "0" * 64, "size": 1, "format": "butik-snapshot/9"}.get(said) or new_id()
    assert problem(depot.post(depot.backup(**{said: value}))) == (422, "bad-manifest")
    assert files() == []


def test_a_manifest_by_another_key_is_refused(depot: Depot, sealed: Sealed) -> None:
    foreign = sign_manifest(sealed.manifest, SigningKey.generate())
    stripped = sign_manifest(sealed.manifest, depot.key).rpartition(".")[0] + "."
    for document in (foreign, stripped):
        assert problem(depot.post(sealed, **{"Butik-Manifest": document})) == (422, "bad-manifest")


def test_what_is_too_large_is_not_even_read(depot: Depot) -> None:
    assert problem(depot.post(depot.backup(plain_size=slot.LARGEST_PLAIN + 1))) == (413, "too-large")
    with pytest.raises(Problem, match="too-large"):
        slot._read_manifest("", Caller(Store(), None, None), slot.LARGEST + 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [-365, -1, 1, 365])
def test_only_today_s_are_taken(depot: Depot, days: int) -> None:
    assert problem(depot.post(depot.backup(at=now() + timedelta(days=days)))) == (422, "not-today")
    assert any("not-today" in message for message in told(depot))


def test_today_is_the_store_s_own_by_our_clock(depot: Depot, sealed: Sealed) -> None:
    """23:30 UTC is tomorrow in Copenhagen, and still yesterday in Nuuk."""
    depot.upload(sealed)
    late = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    for zone, made, day in (
        ("Europe/Copenhagen", late - timedelta(minutes=25), 2),
        ("America/Nuuk", late - timedelta(hours=12), 1),
    ):
        with tenant_scope([depot.org]):
            Store.objects.filter(pk=depot.store_id).update(timezone=zone)
        backup = depot.backup(at=made)
        assert depot.take(backup, late) == "RECEIVED"
        assert depot.stored(backup).day.day == day
    with tenant_scope([depot.org]):
        Store.objects.filter(pk=depot.store_id).update(timezone="Europe/Copenhagen")
    with pytest.raises(Problem, match="not-today"):  # 00:05 by the wall, of the day before
        depot.take(depot.backup(at=late - timedelta(minutes=35)), late)


def test_four_a_day(depot: Depot, sealed: Sealed) -> None:
    depot.upload(sealed)
    for _ in range(3):
        assert depot.take(depot.backup(at=midday(20)), midday(20)) == "RECEIVED"
    depot.upload(depot.backup())  # another day has its own four
    assert depot.take(depot.backup(at=midday(20)), midday(20)) == "RECEIVED"
    with pytest.raises(Problem, match="too-many"):
        depot.take(depot.backup(at=midday(20)), midday(20))


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """What is asked to be on the disk, in order: its path, and whether the backup had its row by then."""
    real, asked = os.fsync, list[tuple[str, bool]]()

    def note(handle: int) -> None:
        real(handle)
        asked.append((str(Path(f"/proc/self/fd/{handle}").readlink()), StoredBackup.objects.exists()))

    monkeypatch.setattr(os, "fsync", note)
    return asked


def test_what_is_received_is_on_the_disk_before_it_has_a_row(depot: Depot, synced: list[tuple[str, bool]]) -> None:
    """Its bytes first, then its name, and those of all folders around it: power may go at any moment."""
    stored = depot.upload(depot.backup())
    path = object_path(stored.object)
    ours = [(Path(where), had_row) for where, had_row in synced if str(objects()) in where]
    assert [where.parent.name for where, _ in ours[1:2]] == [UNFINISHED]  # after the folder's own name
    assert [where for where, _ in ours[2:]] == [objects(), path.parent.parent, path.parent]
    assert not any(had_row for _, had_row in ours)


@pytest.mark.parametrize("lost", ["bytes", "name"])
def test_a_sync_that_is_left_out_would_be_found(
    depot: Depot, synced: list[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """The planted fault."""
    if lost == "name":
        monkeypatch.setattr(storage, "sync_folder", lambda path: None)
    else:
        real, plain = os.fsync, os.fstat
        monkeypatch.setattr(os, "fsync", lambda handle: real(handle) if S_ISDIR(plain(handle).st_mode) else None)
    with pytest.raises(AssertionError):
        test_what_is_received_is_on_the_disk_before_it_has_a_row(depot, synced)
