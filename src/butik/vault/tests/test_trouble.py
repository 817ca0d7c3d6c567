"""What is not a store's fault: a full disk, a changed disk, a worker that dies; and a deadline that passes."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from tests.support.needs import miss

from butik.audit.models import AuditEntry
from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.lib.signing import encode
from butik.organisation.models import Device, Store
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.format import Device as Row
from butik.vault import jail, proving
from butik.vault.actions import freeze, lift
from butik.vault.models import StoredBackup, StoredPrices
from butik.vault.retention import to_delete
from butik.vault.standing import deadline_after, standing_of
from butik.vault.storage import object_path, objects
from butik.vault.sweeping import ORPHAN_AGE, sweep_orphans, sweep_store
from butik.vault.tests.depot import Depot, Sealed, midday, problem
from butik.vault.work import keep_vault, prove_backups, watch_deadlines

# --- a full disk: a real one, of 1 MB ---


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.mount(b"none", str(disk).encode(), b"tmpfs", 0, b"size=1m") != 0:
        miss("this machine lets nobody mount a small disk")
    yield disk
    libc.umount2(str(disk).encode(), 2)


def test_a_full_disk_refuses_and_keeps_nothing(depot: Depot, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = depot.backup()
    monkeypatch.setattr(settings, "BUTIK_DATA", small_disk)
    filler = small_disk / "filler"
    _fill(filler)
    assert problem(depot.post(sealed)) == (507, "disk-full")
    assert depot.all_stored() == []
    assert [each for each in small_disk.rglob("*") if each.is_file()] == [filler]
    filler.unlink()
    depot.upload(sealed)


def test_a_disk_without_room_to_unpack_refuses_no_backup(
    depot: Depot, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = depot.backup()
    depot.upload(sealed)
    (small_disk / "filler").write_bytes(bytes((1024 - 24) * 1024))  # the sealed copy fits, the plain file does not
    (settings.BUTIK_DATA / "jail").symlink_to(small_disk)
    for _ in range(proving.ATTEMPTS + 1):
        with pytest.raises(OSError, match="disk is full"):
            prove_backups([depot.org])
    assert depot.stored(sealed).state == "RECEIVED"
    (small_disk / "filler").unlink()
    prove_backups([depot.org])
    assert depot.stored(sealed).state == "PROVEN"
    assert list(small_disk.iterdir()) == []


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


# --- a changed disk, a dying process ---


def test_an_object_that_has_changed_on_our_disk_is_refused(depot: Depot) -> None:
    rotten, gone = depot.backup(), depot.backup()
    path = object_path(depot.upload(rotten).object)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    object_path(depot.upload(gone).object).unlink()
    prove_backups([depot.org])
    assert "changed on our disk" in depot.stored(rotten).refusal
    assert "gone from the disk" in depot.stored(gone).refusal


def test_a_jail_that_fails_is_tried_again_and_not_for_ever(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, other = depot.backup(), depot.sister(13)
    theirs = other.backup()
    depot.upload(sealed)
    start = jail._START
    monkeypatch.setattr(jail, "_START", "raise SystemExit(3) # {path}")
    for _ in range(2):
        with pytest.raises(jail.JailTrouble):
            prove_backups([depot.org])
    assert depot.stored(sealed).state == "RECEIVED"
    other.upload(theirs)
    with pytest.raises(jail.JailTrouble):
        prove_backups([depot.org])
    assert depot.stored(sealed).refusal.startswith("could not be examined in 3 attempts")
    monkeypatch.setattr(jail, "_START", start)
    prove_backups([depot.org])
    assert other.stored(theirs).state == "PROVEN"


def test_proving_twice_changes_nothing(depot: Depot) -> None:
    sealed = depot.backup()
    depot.upload(sealed)
    waiting = depot.stored(sealed)
    prove_backups([depot.org])
    first = depot.stored(sealed)
    proving.prove_backup(backup=waiting, now=now() + timedelta(hours=1))
    assert (depot.stored(sealed).proof, depot.stored(sealed).proven_at) == (first.proof, first.proven_at)


def test_a_store_speaks_for_itself_alone(depot: Depot) -> None:
    """It takes no other's number, no other's device, and opens none that was closed."""
    mine = depot.backup()
    depot.upload(mine)
    prove_backups([depot.org])
    with tenant_scope([depot.org]):
        tablet = Device.objects.get(store_id=depot.store_id)
        Device.objects.filter(pk=tablet.pk).update(state="REVOKED")
    thief = depot.sister(depot.number)
    content = depot.content(at=now())
    theirs = thief.content(at=now(), devices=[_device_of(tablet)])
    thief.upload(thief.backup(content=theirs, at=datetime.fromisoformat(theirs.meta["made_at"])))
    depot.upload(depot.backup(content=content, at=datetime.fromisoformat(content.meta["made_at"])))
    prove_backups([depot.org])
    assert [each.state for each in thief.all_stored()] == ["PROVEN"]
    assert (depot.store.number, thief.store.number > 900_000_000) == (12, True)
    with tenant_scope([depot.org]):
        tablet.refresh_from_db()
    assert (tablet.store_id, tablet.state) == (depot.store_id, "REVOKED")


def _device_of(device: Device) -> Row:
    return Row(str(device.pk), 3, "Mine", encode(bytes(device.key)), device.kid, "ACTIVE", "a.b.c")


# --- retention at work ---


def kept_at(depot: Depot, *moments: datetime) -> list[Sealed]:
    made = [depot.backup(at=moment) for moment in moments]
    for sealed, moment in zip(made, moments, strict=True):
        depot.take(sealed, moment)
        with tenant_scope([depot.org]):
            StoredBackup.objects.filter(pk=sealed.manifest.id).update(
                state="PROVEN", price_sha256=sealed.manifest.sha256
            )
            StoredPrices.objects.create(
                organisation_id=depot.org, chain_id=depot.chain, store_id=depot.store_id, content=b"x",
                sha256=sealed.manifest.sha256,
            )  # fmt: skip
    return made


def test_the_sweep_deletes_rows_prices_and_files_and_nothing_of_a_frozen_chain(depot: Depot) -> None:
    made = kept_at(depot, midday(3), midday(4), midday(20))
    gone = object_path(depot.stored(made[1]).object)
    freeze(chain=depot.store.chain, actor="system", now=midday(20))
    keep_vault([depot.org], now=lambda: midday(25))  # a day on which one may go, as the next line shows
    assert len(depot.all_stored()) == 3
    assert gone.exists()
    lift(chain=depot.store.chain, actor="system", now=midday(25))
    keep_vault([depot.org], now=lambda: midday(25))
    assert [each.pk for each in depot.all_stored()] == [made[0].manifest.id, made[2].manifest.id]
    assert not gone.exists()
    with tenant_scope([depot.org]):
        assert StoredPrices.objects.filter(store_id=depot.store_id).count() == 2
        assert AuditEntry.objects.get(action="vault.backup.deleted").subject == str(made[1].manifest.id)
    assert len(list(objects().rglob("*.age"))) == 2


def test_a_sweep_that_knows_of_no_freeze_would_be_found(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault, at the worker's own door."""
    kept_at(depot, midday(3), midday(4), midday(20))
    freeze(chain=depot.store.chain, actor="system", now=midday(20))
    thawed = {"is_active": False}
    monkeypatch.setattr("butik.vault.sweeping.to_delete", lambda rows, today, _: to_delete(rows, today, **thawed))
    keep_vault([depot.org], now=lambda: midday(25))
    assert len(depot.all_stored()) == 2


def test_another_chain_s_freeze_keeps_nothing(depot: Depot) -> None:
    kept_at(depot, midday(3), midday(4), midday(20))
    other = Depot.adopt(13)
    other.make_known()
    freeze(chain=other.store.chain, actor="system", now=midday(20))
    keep_vault([depot.org, other.org], now=lambda: midday(25))
    assert len(depot.all_stored()) == 2


def test_only_old_files_that_no_row_names_are_swept(depot: Depot) -> None:
    (sealed,) = kept_at(depot, midday(20))
    named = object_path(depot.stored(sealed).object)
    young, old = (named.with_name(f"{name}.age") for name in ("young", "old"))
    for each in (young, old):
        each.write_bytes(b"x")
    for each in (named, old):
        os.utime(each, (0, now().timestamp() - ORPHAN_AGE - 60))
    sweep_orphans(depot.org)
    assert (named.exists(), young.exists(), old.exists()) == (True, True, False)
    assert sweep_store(store=depot.store, now=midday(21)) == 0


# --- deadlines ---


@pytest.mark.parametrize(
    ("received", "deadline"),
    [
        (datetime(2026, 11, 20, 0, 10, tzinfo=UTC), datetime(2026, 11, 21, 5, 0, tzinfo=UTC)),  # 01:10 → 06:00
        (datetime(2026, 11, 20, 3, 50, tzinfo=UTC), datetime(2026, 11, 21, 5, 0, tzinfo=UTC)),
        (datetime(2026, 11, 20, 6, 0, tzinfo=UTC), datetime(2026, 11, 21, 12, 0, tzinfo=UTC)),  # late: 30 hours
        (datetime(2026, 10, 24, 1, 0, tzinfo=UTC), datetime(2026, 10, 25, 5, 0, tzinfo=UTC)),  # the clock goes back
        (datetime(2026, 3, 28, 1, 0, tzinfo=UTC), datetime(2026, 3, 29, 4, 0, tzinfo=UTC)),  # and forward
    ],
)
def test_the_deadline_is_six_o_clock_of_the_store(received: datetime, deadline: datetime) -> None:
    assert deadline_after(received, "Europe/Copenhagen") == deadline


def test_a_backup_that_does_not_come_is_told_once_a_day(depot: Depot) -> None:
    (sealed,) = kept_at(depot, midday(20))
    store = depot.store

    def told(moment: datetime) -> int:
        return watch_deadlines(organisation_id=depot.org, stores=[store], now=moment)

    assert told(midday(20) + timedelta(hours=30)) == 0
    late = midday(20) + timedelta(hours=31)
    assert (told(late), told(late + timedelta(minutes=5)), told(late + timedelta(days=1))) == (1, 0, 1)
    with tenant_scope([depot.org]):
        entry = ErrorEntry.objects.get(source="butik.vault.deadlines")
        standing = standing_of([store], late)[store.pk]
    assert (entry.count, entry.store_id, entry.level) == (2, depot.store_id, "ERROR")
    assert (standing.state, standing.kept) == ("MISSING", 1)
    assert standing.proven is not None
    assert standing.proven.pk == sealed.manifest.id


def test_a_store_that_never_sent_one_and_one_whose_was_refused_are_missing_too(depot: Depot) -> None:
    depot.upload(depot.backup(price_file="0" * 64))
    prove_backups([depot.org])
    with tenant_scope([depot.org]):
        standing = standing_of(Store.objects.filter(pk=depot.store_id), now())[depot.store_id]
    assert (standing.state, standing.proven, standing.is_well) == ("NEVER", None, False)
    assert standing.latest is not None
    assert "another price file" in standing.latest.refusal
    assert watch_deadlines(organisation_id=depot.org, stores=[depot.store], now=now()) == 1
