"""From the wish to the proof, and everything that may go wrong on the way."""

import errno
import json
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.till import Shop

from butik.backups import actions, line
from butik.backups.actions import NotPaired, ask_backup, make_backup, sweep_files, upload_backup
from butik.backups.folder import folder, only_one, sealed_file
from butik.backups.models import Backup
from butik.backups.standing import Readiness
from butik.backups.tests.cloud import Cloud
from butik.backups.work import work_backups, work_store
from butik.changes.models import OutboxItem
from butik.lib.clock import now
from butik.lib.signing import SigningKey, document_hash
from butik.organisation.tenancy import tenant_scope
from butik.snapshot.read import open_snapshot
from butik.snapshot.seal import unseal

AT = datetime(2026, 11, 22, 11, tzinfo=UTC)  # noon in the store
BEFORE_DAWN = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # half past midnight in the store
MORNING = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # after the window


def rows(shop: Shop) -> list[Backup]:
    with tenant_scope([shop.store.organisation_id]):
        return list(Backup.objects.of_store(shop.store).order_by("asked_at", "id"))


def told(shop: Shop) -> list[dict[str, Any]]:
    with tenant_scope([shop.store.organisation_id]):
        bodies = OutboxItem.objects.filter(kind="backup").order_by("id").values_list("body", flat=True)
        return [json.loads(body) for body in bodies]


def only(shop: Shop) -> Backup:
    [backup] = rows(shop)
    return backup


def test_it_is_made_sent_and_can_be_opened_by_the_cloud_alone(shop: Shop, cloud: Cloud, tmp_path: Path) -> None:
    ask_backup(store=shop.store, actor="system", now=AT)
    work_store(shop.store, AT)
    backup = only(shop)
    assert (backup.state, backup.articles, backup.trouble) == ("UPLOADED", 2, "")
    [manifest] = cloud.manifests
    assert (manifest.id, manifest.previous, manifest.articles) == (backup.id, "", 2)
    sealed = tmp_path / "sealed"
    sealed.write_bytes(cloud.kept[str(backup.id)])
    unseal(sealed, tmp_path / "plain", str(cloud.identity), limit=manifest.plain_size)
    with open_snapshot(tmp_path / "plain") as snapshot:
        assert [each.number for each in snapshot.articles()] == ["1001", "1002"]
        assert snapshot.meta["made_at"] == told(shop)[0]["made_at"]
    assert [each["state"] for each in told(shop)] == ["MADE", "UPLOADED"]
    assert {path.name for path in folder().iterdir()} <= {"lock", f"{backup.id}.age"}


def test_each_names_the_one_before(shop: Shop, cloud: Cloud) -> None:
    for _ in range(3):
        ask_backup(store=shop.store, actor="system", now=AT)
        work_store(shop.store, AT)
    assert [each.previous for each in cloud.manifests] == ["", *(document_hash(each) for each in cloud.documents[:2])]


def test_the_proof_comes_by_asking_politely(shop: Shop, cloud: Cloud) -> None:
    at = AT
    ask_backup(store=shop.store, actor="system", now=at)
    work_store(shop.store, at)
    cloud.proof = cloud.prove(only(shop), at)
    work_store(shop.store, at + timedelta(seconds=30))
    assert (only(shop).state, cloud.calls) == ("UPLOADED", 1)
    work_store(shop.store, at + timedelta(minutes=3))
    backup = only(shop)
    assert (backup.state, backup.proof, cloud.calls) == ("PROVEN", cloud.proof, 2)
    assert not sealed_file(backup.id).exists()
    assert told(shop)[-1] | {"detail": ""} == {
        "id": str(backup.id),
        "state": "PROVEN",
        "made_at": told(shop)[0]["made_at"],
        "size": backup.size,
        "detail": "",
        "proof": cloud.proof,
    }
    work_store(shop.store, at + timedelta(hours=9))
    assert cloud.calls == 2


def test_it_asks_three_times_and_then_the_next_upload_brings_the_proof(shop: Shop, cloud: Cloud) -> None:
    at = AT
    ask_backup(store=shop.store, actor="system", now=at)
    for minutes in (0, 3, 4, 20, 30, 150, 160, 400):
        work_store(shop.store, at + timedelta(minutes=minutes))
    first = rows(shop)[0]
    assert (first.state, first.proof_asks, first.ask_proof_at) == ("UPLOADED", 3, None)
    assert not sealed_file(first.id).exists()
    later = at + timedelta(minutes=401)
    cloud.proof = cloud.prove(first, at)
    ask_backup(store=shop.store, actor="system", now=later)
    work_store(shop.store, later)
    states = {each.id: each.state for each in rows(shop)}
    assert states[first.id] == "PROVEN"
    assert sorted(states.values()) == ["PROVEN", "UPLOADED"]


def test_the_older_of_two_is_not_sent_for_ever(shop: Shop, cloud: Cloud) -> None:
    """Its own proof never comes: an answer brings the newest one alone."""
    at = AT
    for minutes in (0, 1):
        ask_backup(store=shop.store, actor="system", now=at + timedelta(minutes=minutes))
        work_store(shop.store, at + timedelta(minutes=minutes))
    older, newer = rows(shop)
    cloud.proof = cloud.prove(newer, now() + timedelta(seconds=1))
    work_store(shop.store, at + timedelta(minutes=5))
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.state, newer.state) == ("SUPERSEDED", "PROVEN")
    assert older.ask_proof_at is None
    assert not sealed_file(older.id).exists()
    assert [each["state"] for each in told(shop)][-2:] == ["PROVEN", "SUPERSEDED"]
    calls = cloud.calls
    work_store(shop.store, at + timedelta(hours=9))
    assert cloud.calls == calls


def test_one_that_the_cloud_holds_back_says_so_until_a_person_accepts_it(shop: Shop, cloud: Cloud) -> None:
    at = AT
    ask_backup(store=shop.store, actor="system", now=at)
    work_store(shop.store, at)
    cloud.quarantined = cloud.hold(only(shop), at)
    work_store(shop.store, at + timedelta(minutes=3))
    backup = only(shop)
    assert (backup.state, backup.proof) == ("QUARANTINED", cloud.quarantined)
    assert told(shop)[-1]["state"] == "QUARANTINED"
    assert told(shop)[-1]["proof"] == cloud.quarantined
    readiness = Readiness(is_paired=True, proven=None, newest=backup)
    assert "waits for a person" in readiness.answer(at)
    fresh = Readiness(is_paired=True, proven=backup, newest=backup)
    assert fresh.kind(at) == "alert"  # an older one is proven, and this is not all well
    cloud.quarantined, cloud.proof = None, cloud.prove(backup, at)
    later = at + timedelta(hours=1)
    ask_backup(store=shop.store, actor="system", now=later)
    work_store(shop.store, later)
    assert {each.id: each.state for each in rows(shop)}[backup.id] == "PROVEN"


@pytest.mark.parametrize("wrong", ["root", "store", "kind"])
def test_a_quarantine_that_the_root_did_not_sign_is_not_believed(shop: Shop, cloud: Cloud, wrong: str) -> None:
    at = AT
    ask_backup(store=shop.store, actor="system", now=at)
    work_store(shop.store, at)
    good = cloud.root
    if wrong == "root":
        cloud.root = SigningKey.generate()
    changes: dict[str, Any] = {"store": shop.chain.id} if wrong == "store" else {}
    document = cloud.prove(only(shop), at) if wrong == "kind" else cloud.hold(only(shop), at, **changes)
    cloud.root, cloud.quarantined = good, document
    work_store(shop.store, at + timedelta(minutes=3))
    assert only(shop).state == "UPLOADED"


@pytest.mark.parametrize("wrong", ["root", "store", "sha256", "backup", "junk"])
def test_a_proof_that_does_not_hold_is_not_believed(
    shop: Shop, cloud: Cloud, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    at = AT
    ask_backup(store=shop.store, actor="system", now=at)
    work_store(shop.store, at)
    backup = only(shop)
    good = cloud.root
    if wrong == "root":
        cloud.root = SigningKey.generate()
    changes: dict[str, dict[str, Any]] = {
        "store": {"store": shop.chain.id},
        "sha256": {"sha256": "0" * 64},
        "backup": {"backup": shop.chain.id},
    }
    cloud.proof = "a.b.c" if wrong == "junk" else cloud.prove(backup, at, **changes.get(wrong, {}))
    cloud.root = good
    work_store(shop.store, at + timedelta(minutes=3))
    assert (only(shop).state, only(shop).proof) == ("UPLOADED", "")
    if wrong in {"root", "store", "junk"}:
        assert any(each.levelno == logging.ERROR for each in caplog.records)


@pytest.fixture
def nights(settings: Any) -> None:
    settings.BUTIK_BACKUP_WINDOW = "01:00-05:00"


@pytest.mark.usefixtures("nights")
def test_the_nightly_one_is_made_once_at_its_moment(shop: Shop, cloud: Cloud) -> None:
    work_store(shop.store, BEFORE_DAWN)
    assert rows(shop) == []
    work_store(shop.store, MORNING)
    work_store(shop.store, MORNING + timedelta(minutes=1))
    work_store(shop.store, MORNING + timedelta(hours=1))
    assert [(each.occasion, each.state) for each in rows(shop)] == [("NIGHTLY", "UPLOADED")]
    work_store(shop.store, MORNING + timedelta(days=1))
    assert [each.day.isoformat() for each in rows(shop)] == ["2026-11-22", "2026-11-23"]


@pytest.mark.usefixtures("nights")
def test_without_an_emergency_cloud_nothing_is_made(shop: Shop) -> None:
    work_store(shop.store, MORNING)
    assert rows(shop) == []
    with pytest.raises(NotPaired):
        make_backup(store=shop.store, now=AT)


def test_what_is_asked_for_twice_is_made_once(shop: Shop, cloud: Cloud) -> None:
    at = AT
    assert ask_backup(store=shop.store, actor="a", now=at) == ask_backup(store=shop.store, actor="b", now=at)


@pytest.mark.usefixtures("nights")
def test_a_cloud_that_is_not_there_is_tried_again_with_growing_pauses(
    shop: Shop, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.refuse = [(503, {"type": "busy", "title": "Busy"}), (507, {"type": "disk-full", "title": "Full"})]
    at = MORNING
    work_store(shop.store, at)
    backup = only(shop)
    assert (backup.state, backup.trouble, cloud.calls) == ("FAILED", "refused", 1)
    assert backup.retry_at is not None
    work_store(shop.store, at + timedelta(seconds=10))
    assert cloud.calls == 1
    work_store(shop.store, at + timedelta(minutes=2))
    backup = only(shop)
    assert (backup.trouble, backup.attempts, cloud.calls) == ("disk-full", 2, 2)
    assert backup.retry_at is not None
    assert backup.retry_at > at + timedelta(minutes=3)
    work_store(shop.store, at + timedelta(minutes=6))
    assert (only(shop).state, only(shop).trouble) == ("UPLOADED", "")
    assert [each["state"] for each in told(shop)] == ["MADE", "FAILED", "FAILED", "UPLOADED"]
    assert told(shop)[2]["detail"].startswith("The emergency cloud has no room.")
    errors = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert [each.getMessage().split(".")[0] for each in errors] == [
        "The emergency cloud did not take the backup",
        "The emergency cloud has no room",
    ]
    assert errors[0].store_id == shop.store.id  # type: ignore[attr-defined]


def test_nobody_listening_is_said_in_words(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "ADDRESS", ":1/nowhere")
    monkeypatch.setattr("butik.backups.line._pieces", lambda path: iter(()))
    ask_backup(store=shop.store, actor="system", now=AT)
    work_store(shop.store, AT)
    assert only(shop).trouble in {"unreachable", "refused"}


def test_one_asks_again_at_once_for_what_would_be_tried_later(shop: Shop, cloud: Cloud) -> None:
    cloud.refuse = [(503, {"type": "busy"})]
    at = AT
    first = ask_backup(store=shop.store, actor="a", now=at)
    work_store(shop.store, at)
    soon = at + timedelta(seconds=5)
    assert ask_backup(store=shop.store, actor="a", now=soon) == first
    work_store(shop.store, soon)
    assert only(shop).state == "UPLOADED"


@pytest.mark.parametrize("code", ["not-today", "too-many", "old-key", "bad-manifest", "too-large"])
def test_what_would_be_refused_again_is_not_sent_again(shop: Shop, cloud: Cloud, code: str) -> None:
    cloud.refuse = [(422, {"type": code, "title": "No"})]
    at = AT
    ask_backup(store=shop.store, actor="a", now=at)
    work_store(shop.store, at)
    work_store(shop.store, at + timedelta(minutes=200))
    backup = rows(shop)[0]
    assert (backup.state, backup.trouble, backup.retry_at) == ("FAILED", code, None)
    assert not sealed_file(backup.id).exists()


def test_a_clock_that_is_off_is_measured(shop: Shop, cloud: Cloud) -> None:
    cloud.refuse = [(401, {"type": "clock-skew", "server_time": now().timestamp() + 2})]
    ask_backup(store=shop.store, actor="a", now=AT)
    work_store(shop.store, AT)
    assert (only(shop).state, cloud.calls) == ("UPLOADED", 2)


def test_an_answer_that_was_lost_is_known_the_next_time(shop: Shop, cloud: Cloud) -> None:
    cloud.is_deaf = True
    at = AT
    ask_backup(store=shop.store, actor="a", now=at)
    work_store(shop.store, at)
    assert (only(shop).state, only(shop).trouble, len(cloud.kept)) == ("FAILED", "unreachable", 1)
    cloud.is_deaf = False
    work_store(shop.store, at + timedelta(minutes=5))
    assert (only(shop).state, len(cloud.manifests), cloud.calls) == ("UPLOADED", 1, 2)


@pytest.mark.usefixtures("nights")
def test_yesterdays_is_given_up(shop: Shop, cloud: Cloud) -> None:
    cloud.refuse = [(503, {"type": "busy"})]
    work_store(shop.store, MORNING)
    with tenant_scope([shop.store.organisation_id]):
        Backup.objects.update(retry_at=MORNING + timedelta(days=2))
    ask_backup(store=shop.store, actor="a", now=MORNING)
    with tenant_scope([shop.store.organisation_id]):
        Backup.objects.update(retry_at=MORNING + timedelta(days=2))
    tomorrow = BEFORE_DAWN + timedelta(days=1)
    work_store(shop.store, tomorrow)
    backup = only(shop)
    assert (backup.state, backup.retry_at, cloud.calls) == ("FAILED", None, 1)
    assert not sealed_file(backup.id).exists()


def test_what_was_made_but_could_not_leave_that_day_has_missed_it(shop: Shop, cloud: Cloud) -> None:
    ask_backup(store=shop.store, actor="a", now=MORNING)
    make_backup(store=shop.store, now=MORNING, backup=only(shop))
    work_store(shop.store, BEFORE_DAWN + timedelta(days=1))
    assert (only(shop).state, only(shop).trouble, cloud.calls) == ("FAILED", "missed", 0)


def test_a_disk_that_is_full_is_said_and_tried_again(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    at = AT
    ask_backup(store=shop.store, actor="a", now=at)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "seal", full)
        work_store(shop.store, at)
    assert (only(shop).state, only(shop).trouble) == ("FAILED", "no-room")
    assert [path.name for path in folder().iterdir() if path.name != "lock"] == []
    assert "no room for the backup on this store's disk" in caplog.text
    work_store(shop.store, at + timedelta(minutes=2))
    assert only(shop).state == "UPLOADED"


def test_a_sealed_file_that_was_damaged_is_never_sent_and_made_anew(shop: Shop, cloud: Cloud) -> None:
    at = AT
    first = ask_backup(store=shop.store, actor="a", now=at)
    make_backup(store=shop.store, now=at, backup=first)
    sealed_file(first.id).write_bytes(b"x")
    work_store(shop.store, at)
    work_store(shop.store, at)
    assert [(each.state, each.trouble) for each in rows(shop)] == [("FAILED", "damaged"), ("UPLOADED", "")]
    assert len(cloud.manifests) == 1


def test_what_a_death_left_half_made_is_swept_and_made_whole(shop: Shop, cloud: Cloud) -> None:
    backup = ask_backup(store=shop.store, actor="a", now=AT)
    with tenant_scope([shop.store.organisation_id]):
        Backup.objects.update(state="MAKING")
    for name in (f"{backup.id}.plain.part", f"{backup.id}.part", f"{backup.id}.age"):
        (folder() / name).write_bytes(b"half")
    sweep_files(store=shop.store, now=AT)
    assert [path.name for path in folder().iterdir() if path.name != "lock"] == []
    work_store(shop.store, AT)
    assert (only(shop).state, only(shop).id) == ("UPLOADED", backup.id)


def test_uploading_again_changes_nothing(shop: Shop, cloud: Cloud) -> None:
    at = AT
    backup = make_backup(store=shop.store, now=at)
    upload_backup(store=shop.store, backup=backup, now=at)
    upload_backup(store=shop.store, backup=backup, now=at)
    assert (len(cloud.kept), cloud.calls, only(shop).state) == (1, 2, "UPLOADED")


def test_a_second_worker_leaves(shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butik.backups.work.now", lambda: AT)
    ask_backup(store=shop.store, actor="a", now=AT)
    with only_one() as mine:
        assert mine
        work_backups([])
    assert only(shop).state == "WAITING"
    work_backups([])
    assert {each.state for each in rows(shop)} == {"UPLOADED"}


@pytest.mark.usefixtures("nights")
def test_a_clock_that_ran_a_day_ahead_costs_no_night(shop: Shop, cloud: Cloud) -> None:
    """What it made for tomorrow does not stand in tomorrow's place when the clock has been put back."""
    work_store(shop.store, MORNING + timedelta(days=1))
    cloud.refuse = [(503, {"type": "busy"})]
    ask_backup(store=shop.store, actor="a", now=MORNING + timedelta(days=1))
    work_store(shop.store, MORNING + timedelta(days=1))
    work_store(shop.store, MORNING)
    work_store(shop.store, MORNING + timedelta(days=1, minutes=1))
    nightly = [(each.day.isoformat(), each.state) for each in rows(shop) if each.occasion == "NIGHTLY"]
    assert nightly == [("2026-11-22", "UPLOADED"), ("2026-11-23", "UPLOADED")]
    assert not any(each.retry_at for each in rows(shop))


def test_what_is_made_is_on_the_disk_before_it_is_said(
    shop: Shop, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes before it gets its name, its name before the row says MADE."""
    real, asked = os.fsync, list[tuple[str, bool]]()

    def note(handle: int) -> None:
        real(handle)
        with tenant_scope([shop.store.organisation_id]):
            is_said = Backup.objects.exclude(manifest="").exists()
        asked.append((Path(f"/proc/self/fd/{handle}").readlink().name, is_said))

    monkeypatch.setattr(os, "fsync", note)
    backup = make_backup(store=shop.store, now=AT)
    assert backup.state == "MADE"
    ours = [each for each in asked if each[0] in {f"{backup.id}.part", folder().name}]
    assert ours[0] == (f"{backup.id}.part", False)
    assert ours[-1] == (folder().name, False)
    assert sealed_file(backup.id).exists()
