"""Announcing, cursors and the sweep, on the database."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.live.actions import BATCH, KEPT, announce, begin_epoch, sweep_events
from butik.live.cursors import Cursor, read_cursor
from butik.live.models import LiveEvent, StreamState
from butik.live.queries import latest_cursor
from butik.organisation.actions import found_organisation
from butik.organisation.models import Company
from butik.organisation.tenancy import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return found_organisation(name="Here", company="Here", vat_number="DK1", actor="system", now=now())


def test_an_event_bears_ids_and_is_part_of_the_act(company: Company) -> None:
    chain, store, ref, moment = new_id(), new_id(), new_id(), now()
    with tenant_scope([company.organisation_id]):
        with transaction.atomic():
            announce(
                "sales", organisation_id=company.organisation_id, chain_id=chain, store_id=store, ref=ref, at=moment
            )
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            announce("prices", organisation_id=company.organisation_id, at=1 / 0)  # type: ignore[arg-type]
        [event] = LiveEvent.objects.all()
    assert (event.topic, event.chain_id, event.store_id, event.ref, event.at) == (
        "sales",
        chain,
        store,
        str(ref),
        moment,
    )


def test_an_act_that_is_undone_was_never_announced(company: Company) -> None:
    with tenant_scope([company.organisation_id]):
        with pytest.raises(ValueError, match="undo"), transaction.atomic():  # noqa: PT012
            announce("sales", organisation_id=company.organisation_id, at=now())
            raise ValueError("undo")
        assert not LiveEvent.objects.exists()


@pytest.mark.parametrize("text", ["", "-", "x", "abc-", "abc-x", "abc--1", "abc-" + "9" * 30, "-5"])
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert read_cursor(text) is None


def test_a_cursor_is_read_as_it_was_written() -> None:
    assert read_cursor(str(Cursor("1a2b3c4d", 17))) == Cursor("1a2b3c4d", 17)
    assert read_cursor(latest_cursor()) is not None


def test_old_events_go_and_the_place_up_to_which_they_went_is_kept(company: Company) -> None:
    moment = now()
    with tenant_scope([company.organisation_id]):
        announce("sales", organisation_id=company.organisation_id, at=moment - KEPT - timedelta(seconds=1))
        announce("sales", organisation_id=company.organisation_id, at=moment)
        assert sweep_events(now=moment) == 1
        assert sweep_events(now=moment) == 0
        assert LiveEvent.objects.count() == 1
    swept = StreamState.objects.get().swept
    cursor = read_cursor(latest_cursor())
    assert cursor is not None
    assert swept > 0
    if connection.vendor == "sqlite":
        assert swept < cursor.place


def test_after_a_restore_no_cursor_of_before_means_anything() -> None:
    before = read_cursor(latest_cursor())
    begin_epoch()
    after = read_cursor(latest_cursor())
    assert before is not None
    assert after is not None
    assert before.epoch != after.epoch


def test_a_sweep_takes_a_batch_at_a_time(company: Company) -> None:
    old = now() - KEPT * 2
    with tenant_scope([company.organisation_id]):
        LiveEvent.objects.bulk_create(
            LiveEvent(organisation_id=company.organisation_id, topic="sales", at=old) for _ in range(BATCH + 1)
        )
        assert [sweep_events(now=now()) for _ in range(3)] == [BATCH, 1, 0]
