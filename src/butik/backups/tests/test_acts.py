"""From the wish for a backup to its proof, each step leaves its line and has its effect."""

from datetime import timedelta

from tests.support.acts import told
from tests.support.till import Shop

from butik.backups.actions import ask_backup
from butik.backups.folder import sealed_file
from butik.backups.models import Backup
from butik.backups.tests.cloud import Cloud
from butik.backups.tests.test_backups import AT, only, rows
from butik.backups.work import work_store
from butik.lib.clock import now

BOB = "person:bob"


def asked(shop: Shop, minutes: int = 0) -> Backup:
    """Asked for by Bob, made and sent."""
    at = AT + timedelta(minutes=minutes)
    backup = ask_backup(store=shop.store, actor=BOB, now=at)
    work_store(shop.store, at)
    backup.refresh_from_db()
    return backup


def test_it_is_asked_for_made_and_sent(shop: Shop, cloud: Cloud) -> None:
    backup = asked(shop)
    told("backups.backup.asked", shop.store, by=BOB, about=backup.pk, occasion="ON_DEMAND")
    told("backups.backup.made", shop.store, by="system", about=backup.pk, trouble="")
    told("backups.backup.uploaded", shop.store, by="system", about=backup.pk, trouble="")
    assert set(cloud.kept) == {str(backup.pk)}
    assert sealed_file(backup.pk).exists()


def test_it_fails_and_says_why(shop: Shop, cloud: Cloud) -> None:
    cloud.refuse = [(507, {"type": "disk-full", "title": "Full"})]
    backup = asked(shop)
    told("backups.backup.failed", shop.store, by="system", about=backup.pk, trouble="disk-full")
    assert (backup.state, cloud.kept) == ("FAILED", {})
    assert backup.retry_at


def test_the_newest_is_proven_and_the_older_superseded(shop: Shop, cloud: Cloud) -> None:
    older, newer = asked(shop), asked(shop, 1)
    cloud.proof = cloud.prove(newer, now() + timedelta(seconds=1))
    work_store(shop.store, AT + timedelta(minutes=5))
    told("backups.backup.proven", shop.store, by="system", about=newer.pk, trouble="")
    told("backups.backup.superseded", shop.store, by="system", about=older.pk, trouble="")
    assert [each.state for each in rows(shop)] == ["SUPERSEDED", "PROVEN"]
    assert not any(sealed_file(each.pk).exists() for each in (older, newer))


def test_it_waits_for_a_person(shop: Shop, cloud: Cloud) -> None:
    backup = asked(shop)
    cloud.quarantined = cloud.hold(backup, AT)
    work_store(shop.store, AT + timedelta(minutes=3))
    told("backups.backup.quarantined", shop.store, by="system", about=backup.pk, trouble="")
    assert only(shop).state == "QUARANTINED"
