"""The emergency cloud is told of a revoked device at once, and again until it has taken it."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from tests.support.till import Shop

from butik.backups.models import RevocationSent
from butik.backups.revoking import LONGEST_PAUSE, work_revocations
from butik.backups.tests.cloud import Cloud
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.models import Device
from butik.organisation.revocations import read_revocation
from butik.organisation.tenancy import tenant_scope
from butik.sales.enrolment import revoke_device
from butik.serving.jobs import JOBS


@pytest.fixture
def stolen(shop: Shop) -> Device:
    key = SigningKey.generate()
    with tenant_scope([shop.store.organisation_id]):
        device: Device = Device.objects.create(
            id=new_id(), organisation_id=shop.store.organisation_id, chain=shop.chain, store=shop.store, pos=shop.pos,
            name="Tablet", key=key.public, kid=key.kid, enrolment="a.b.c", enrolled_at=now(),
        )  # fmt: skip
        revoke_device(device=device, actor="person:bob", now=now())
    return device


def work(monkeypatch: pytest.MonkeyPatch, later: timedelta = timedelta()) -> None:
    at = now() + later
    monkeypatch.setattr("butik.backups.revoking.now", lambda: at)
    work_revocations([])


def sent(device: Device) -> RevocationSent:
    with tenant_scope([device.organisation_id]):
        row: RevocationSent = RevocationSent.objects.get(device=device)
    return row


def test_it_is_told_once_and_signed_by_the_store(
    shop: Shop, cloud: Cloud, stolen: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(monkeypatch)
    work(monkeypatch, timedelta(hours=1))
    assert len(cloud.revocations) == 1
    said = read_revocation(cloud.revocations[0], cloud.store_key)
    assert (said.device, said.kid, said.store) == (stolen.id, stolen.kid, shop.store.id)
    assert sent(stolen).taken_at is not None


@pytest.mark.parametrize(
    "refusal", [(503, {"type": "busy"}), (507, {"type": "disk-full"}), (401, {"type": "unknown-store"}), (500, {})]
)
def test_what_is_not_taken_is_told_again_with_growing_pauses_and_complained_of_once(
    refusal: Any, cloud: Cloud, stolen: Device, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.refuse = [refusal] * 3
    later = timedelta()
    for attempt in range(1, 4):
        work(monkeypatch, later)
        row = sent(stolen)
        assert (row.attempts, row.taken_at) == (attempt, None)
        assert row.retry_at is not None
        work(monkeypatch, later + timedelta(seconds=2))
        assert sent(stolen).attempts == attempt
        later += LONGEST_PAUSE
    work(monkeypatch, later)
    assert sent(stolen).taken_at is not None
    assert len(cloud.revocations) == 1
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert sum("does not know yet that Tablet is revoked" in each for each in said) == 1


def test_a_store_without_an_emergency_cloud_tells_nobody(
    shop: Shop, stolen: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(monkeypatch)
    with tenant_scope([stolen.organisation_id]):
        assert not RevocationSent.objects.exists()


def test_the_worker_wakes_for_it() -> None:
    (job,) = (each for each in JOBS if each.work == "butik.backups.revoking.work_revocations")
    assert "revoked" in job.wakes
    assert job.every <= 5
