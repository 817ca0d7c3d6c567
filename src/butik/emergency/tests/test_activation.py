"""The activation: which backup each store gets, what is refused, and that it is all or nothing."""

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from tests.support.till import NOW

from butik.audit.models import AuditEntry
from butik.emergency import hooks
from butik.emergency.actions import (
    STALE_FREEZE,
    CannotActivate,
    activate,
    finish_what_began,
    mark_recovered,
    release_store,
)
from butik.emergency.models import Emergency, EmergencyStore, Order
from butik.emergency.preview import preview_activation
from butik.emergency.tests.conftest import Cloud, activate_chain, keep_backup, make_cloud
from butik.lib.ids import new_id
from butik.lib.versions import version_at
from butik.organisation.tenancy import tenant_scope
from butik.vault.actions import freeze, lift
from butik.vault.models import Freeze


def day(ago: int) -> date:
    return (NOW - timedelta(days=ago)).date()


def test_the_preview_is_what_the_activation_does(cloud: Cloud) -> None:
    first, second = (shop.store for shop in cloud.shops)
    chosen = keep_backup(first, days_ago=4)
    keep_backup(first, days_ago=1)
    newer = keep_backup(second, days_ago=2)
    with tenant_scope([cloud.organisation_id]):
        preview = preview_activation(cloud.chain, day(3))
    assert [(each.kind, each.backup) for each in preview.stores] == [("OLDER", chosen), ("NEWER", newer)]
    held = {each.store.pk: each.backup.pk for each in preview.stores}
    keep_backup(first, days_ago=3)  # exact, but it came when all was confirmed
    emergency = activate_chain(cloud, date=day(3), accept_newer=True, held=held)
    with tenant_scope([cloud.organisation_id]):
        rows = EmergencyStore.objects.filter(emergency=emergency).order_by("store__number")
        assert [(each.choice, each.backup_id) for each in rows] == [("OLDER", chosen.pk), ("NEWER", newer.pk)]
        assert Freeze.objects.filter(chain=cloud.chain).exists()
        line = AuditEntry.objects.get(action="emergency.emergency.activated")
        assert line.data | {"number": 1, "stores": 2, "newer": 1, "without_backup": 0} == line.data


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("future", {"date": day(-1)}),
        ("newer", {"date": day(9), "accept_none": True}),
        ("none", {"date": day(9), "accept_newer": True, "accept_none": False}),
        ("changed", {"held": {UUID(int=1): UUID(int=2)}}),
    ],
)
def test_what_was_not_accepted_is_refused_and_nothing_is_done(cloud: Cloud, reason: str, said: dict[str, Any]) -> None:
    keep_backup(cloud.shops[0].store)
    with pytest.raises(CannotActivate) as refusal:
        activate_chain(cloud, **({"date": day(0), "accept_none": True} | said))
    assert refusal.value.reason == reason
    with tenant_scope([cloud.organisation_id]):
        assert not Emergency.objects.exists()
        assert not Freeze.objects.exists()
        assert not Order.objects.exists()


def test_a_refused_or_unproven_backup_is_never_chosen(cloud: Cloud) -> None:
    """Truth 9."""
    store = cloud.shops[0].store
    proven = keep_backup(store, days_ago=3)
    keep_backup(store, state="REFUSED")
    keep_backup(store, days_ago=1, state="RECEIVED")
    with tenant_scope([cloud.organisation_id]):
        assert preview_activation(cloud.chain, day(0)).stores[0].backup == proven


def test_it_goes_by_the_day_of_receipt_not_by_what_the_store_says(cloud: Cloud) -> None:
    """Truth 8."""
    store = cloud.shops[0].store
    honest = keep_backup(store, days_ago=1)
    keep_backup(store, days_ago=5, made_at=NOW)
    with tenant_scope([cloud.organisation_id]):
        assert preview_activation(cloud.chain, day(0)).stores[0].backup == honest


def test_the_same_attempt_again_is_the_same_emergency(backed: Cloud) -> None:
    attempt = new_id()
    first = activate_chain(backed, attempt=attempt)
    assert activate_chain(backed, attempt=attempt, held={UUID(int=1): UUID(int=2)}) == first
    with tenant_scope([backed.organisation_id]):
        assert (Emergency.objects.count(), Order.objects.count()) == (1, 1)


def test_another_one_is_told_that_it_is_active_already(backed: Cloud) -> None:
    first = activate_chain(backed, actor="person:alice")
    with pytest.raises(CannotActivate) as refusal:
        activate_chain(backed, actor="person:dorte", date=day(1))
    assert (refusal.value.reason, refusal.value.emergency) == ("active", first)


def test_who_listens_is_told_after_the_commit(backed: Cloud, django_capture_on_commit_callbacks: Any) -> None:
    heard = []

    def listen(sender: Any, emergency: Emergency, **_: Any) -> None:
        heard.append(emergency.number)
        raise RuntimeError("a receiver that fails stops nobody")

    hooks.activated.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            activate_chain(backed)
    finally:
        hooks.activated.disconnect(listen)
    assert heard == [1]


def test_the_last_store_ends_it_and_retention_goes_on(backed: Cloud, active: Emergency) -> None:
    with tenant_scope([backed.organisation_id]):
        rows = list(EmergencyStore.objects.select_related("store", "emergency").order_by("store__number"))
    for row, state in zip(rows, ("ACTIVE", "ENDED"), strict=True):
        release_store(row=row, actor="system", now=NOW)
        mark_recovered(row=row, totals_sha256="0" * 64, actor="system", now=NOW)
        mark_recovered(row=row, totals_sha256="0" * 64, actor="system", now=NOW + timedelta(days=1))
        with tenant_scope([backed.organisation_id]):
            active.refresh_from_db()
            assert active.state == state
            assert Freeze.objects.exists() is (state == "ACTIVE")
    again = activate_chain(backed)
    assert again.number == 2
    with tenant_scope([backed.organisation_id]):
        assert again.orders.get().version == version_at(NOW) + 5  # behind one, two releases, two recoveries


def test_a_store_is_not_recovered_before_it_is_released(backed: Cloud, active: Emergency) -> None:
    with tenant_scope([backed.organisation_id]):
        row = EmergencyStore.objects.select_related("store", "emergency").first()
    assert row is not None
    assert mark_recovered(row=row, totals_sha256="0" * 64, actor="system", now=NOW).state == "SELLING"


def test_a_freeze_that_nothing_came_of_is_lifted(backed: Cloud) -> None:
    freeze(chain=backed.chain, actor="system", now=NOW)
    finish_what_began(organisation_id=backed.organisation_id, now=NOW + STALE_FREEZE)
    with tenant_scope([backed.organisation_id]):
        assert Freeze.objects.exists()
    finish_what_began(organisation_id=backed.organisation_id, now=NOW + 2 * STALE_FREEZE)
    with tenant_scope([backed.organisation_id]):
        assert not Freeze.objects.exists()


def test_an_active_emergency_is_frozen_again_whoever_lifted_it(backed: Cloud, active: Emergency) -> None:
    lift(chain=backed.chain, actor="system", now=NOW)
    finish_what_began(organisation_id=backed.organisation_id, now=NOW)
    with tenant_scope([backed.organisation_id]):
        assert Freeze.objects.filter(chain=backed.chain).exists()


@pytest.fixture
def open_cloud(transactional_db: None) -> Cloud:
    """With real commits."""
    cloud = make_cloud()
    for shop in cloud.shops:
        keep_backup(shop.store)
    return cloud


@pytest.mark.django_db(transaction=True)
def test_of_two_activations_at_once_one_wins_and_the_other_is_told(open_cloud: Cloud) -> None:
    barrier = Barrier(2)
    outcomes: list[tuple[str, Any]] = []

    def attempt(actor: str) -> None:
        barrier.wait()
        try:
            emergency = activate(
                chain=open_cloud.chain, date=day(0), accept_newer=False, actor=actor, now=NOW, attempt=new_id()
            )
            outcomes.append(("won", emergency.pk))
        except CannotActivate as refusal:
            outcomes.append((refusal.reason, refusal.emergency and refusal.emergency.pk))
        finally:
            connections.close_all()

    threads = [Thread(target=attempt, args=(f"person:{name}",)) for name in ("alice", "dorte")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said for said, _ in outcomes) == ["active", "won"]
    assert len({emergency for _, emergency in outcomes}) == 1
    with tenant_scope([open_cloud.organisation_id]):
        assert (Emergency.objects.count(), EmergencyStore.objects.count(), Order.objects.count()) == (1, 2, 1)
