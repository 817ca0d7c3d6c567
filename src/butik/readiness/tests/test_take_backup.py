"""What a store says of a backup is kept; that it is proven is believed by the pinned root alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.support.cast import Cast

from butik.audit.models import AuditEntry
from butik.error_log.models import ErrorEntry
from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.outside import BadDocument
from butik.live.models import LiveEvent
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.readiness.models import BackupReport
from butik.readiness.tests.conftest import Cloud, tell, tell_proven


def complaints(cast: Cast) -> list[str]:
    with tenant_scope([cast.organisation_id]):
        return [entry.message for entry in ErrorEntry.objects.filter(source="butik.readiness")]


def test_the_newest_word_about_each_backup_is_kept(cast: Cast, cloud: Cloud) -> None:
    backup = new_id()
    tell(cast.store, "MADE", backup=backup)
    tell(cast.store, "FAILED", backup=backup, detail="The emergency cloud was not reached.")
    kept = tell(cast.store, "UPLOADED", backup=backup)
    assert (kept.state, kept.detail) == ("UPLOADED", "")
    with tenant_scope([cast.organisation_id]):
        assert BackupReport.objects.count() == 1
        assert AuditEntry.objects.filter(action__startswith="readiness.backup").count() == 3
        assert LiveEvent.objects.filter(topic="backups", store_id=cast.store.pk).count() == 3


def test_a_proof_by_the_pinned_root_proves(cast: Cast, cloud: Cloud) -> None:
    report = tell_proven(cloud, cast.store, hours=2)
    assert (report.state, report.articles) == ("PROVEN", 2031)
    assert complaints(cast) == []


def test_what_is_proven_stays_proven(cast: Cast, cloud: Cloud) -> None:
    report = tell_proven(cloud, cast.store)
    tell(cast.store, "FAILED", backup=report.backup, detail="a late word")
    tell(cast.store, "PROVEN", backup=report.backup, proof="nonsense")
    with tenant_scope([cast.organisation_id]):
        report.refresh_from_db()
    assert report.state == "PROVEN"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"store": new_id()}, "another store"),
        ({"chain": new_id()}, "another store"),
        ({"backup": new_id()}, "another backup"),
        ({"received_at": to_wire(now() + timedelta(days=2))}, "future"),
        ({"articles": "many"}, "Expected `int`, got `str`"),
    ],
)
def test_a_proof_of_something_else_proves_nothing(
    spoilt: dict[str, Any], reason: str, cast: Cast, cloud: Cloud
) -> None:
    backup = new_id()
    report = tell(cast.store, "PROVEN", backup=backup, proof=cloud.prove(cast.store, backup, now(), **spoilt))
    assert (report.state, report.proof) == ("UPLOADED", "")
    assert reason in report.detail
    [said] = complaints(cast)
    assert reason in said


def test_another_root_proves_nothing(cast: Cast, cloud: Cloud) -> None:
    report = tell_proven(Cloud(), cast.store)
    assert report.state == "UPLOADED"
    assert "does not hold" in complaints(cast)[0]


def test_another_kind_of_document_by_that_root_proves_nothing(cast: Cast, cloud: Cloud) -> None:
    order = cloud.key.sign("butik-order", msgspec.json.encode({"v": 1}))
    assert tell(cast.store, "PROVEN", proof=order).state == "UPLOADED"
    assert len(complaints(cast)) == 1


def test_a_chain_without_an_emergency_cloud_believes_no_proof(cast: Cast) -> None:
    assert tell_proven(Cloud(), cast.store).state == "UPLOADED"
    assert "not paired" in complaints(cast)[0]


def test_a_cloud_whose_clock_runs_ahead_does_not_make_the_deadline_later(cast: Cast, cloud: Cloud) -> None:
    report = tell_proven(cloud, cast.store, hours=-0.5)
    assert report.received_at is not None
    assert report.received_at <= now()


@pytest.mark.parametrize("bad", [b"", b"{}", b'{"id":1}', b"\xff"])
def test_a_body_that_is_none_is_refused(bad: bytes, cast: Cast) -> None:
    from butik.sync.kinds import OUTBOX_KINDS

    with tenant_scope([cast.organisation_id]), pytest.raises(BadDocument):
        OUTBOX_KINDS["backup"](cast.store, bad, now())


def hold(cloud: Cloud, of: Store, which: UUID, **changes: Any) -> str:
    said = {
        "v": 1, "org": of.organisation_id, "chain": of.chain_id, "store": of.pk, "backup": which,
        "sha256": "0" * 64, "received_at": to_wire(now()), "quarantined_at": to_wire(now()),
    }  # fmt: skip
    return cloud.key.sign("butik-quarantined", msgspec.json.encode(said | changes))


def test_one_in_quarantine_is_an_alarm_and_proves_nothing(cast: Cast, cloud: Cloud) -> None:
    backup = new_id()
    report = tell(cast.store, "QUARANTINED", backup=backup, proof=hold(cloud, cast.store, backup))
    assert (report.state, report.received_at) == ("QUARANTINED", None)
    [said] = complaints(cast)
    assert "holds back a backup of Nordly 12" in said
    proof = cloud.prove(cast.store, backup, now())
    assert tell(cast.store, "PROVEN", backup=backup, proof=proof).state == "PROVEN"  # a person has accepted it


@pytest.mark.parametrize("spoilt", [{"store": new_id()}, {"backup": new_id()}, {"received_at": "2099-01-01T00:00:00Z"}])
def test_a_store_cannot_say_so_by_itself(spoilt: dict[str, Any], cast: Cast, cloud: Cloud) -> None:
    backup = new_id()
    report = tell(cast.store, "QUARANTINED", backup=backup, proof=hold(cloud, cast.store, backup, **spoilt))
    assert (report.state, report.proof) == ("UPLOADED", "")
    proof = cloud.prove(cast.store, backup, now())
    assert tell(cast.store, "QUARANTINED", backup=new_id(), proof=proof).state == "UPLOADED"


def test_one_that_a_newer_one_has_overtaken_waits_no_longer(cast: Cast, cloud: Cloud) -> None:
    report = tell(cast.store, "UPLOADED")
    assert tell(cast.store, "SUPERSEDED", backup=report.backup).state == "SUPERSEDED"
    assert complaints(cast) == []
