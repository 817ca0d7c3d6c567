"""No proven backup for more than thirty hours, by the chain's own clock: once a day it is said."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.support.cast import Cast

from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.readiness.actions import check_deadlines
from butik.readiness.rules import DEADLINE, Readiness, Told, calendar
from butik.readiness.tests.conftest import Cloud, tell, tell_proven
from butik.readiness.work import watch_backups

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 20, 12, tzinfo=ZoneInfo("Europe/Copenhagen"))


def check(cast: Cast, at: datetime) -> int:
    with tenant_scope([cast.organisation_id]):
        Store.objects.filter(key=None).update(key=b"k" * 32)  # both stores have services
        return check_deadlines(chain=Chain.objects.get(pk=cast.shop.chain.pk), now=at)


def entries(cast: Cast, store: Store) -> list[tuple[str, int]]:
    with tenant_scope([cast.organisation_id]):
        rows = ErrorEntry.objects.filter(source="butik.readiness", store=store)
        return list(rows.values_list("message", "count"))


def test_one_complaint_a_day_and_store(cast: Cast, cloud: Cloud) -> None:
    start = now()
    tell_proven(cloud, cast.store)
    assert check(cast, start) == 0
    assert check(cast, start + DEADLINE - HOUR) == 0
    assert check(cast, start + DEADLINE + HOUR) == 2
    assert [check(cast, start + DEADLINE + hours * HOUR) for hours in (2, 12, 24)] == [0, 0, 0]
    assert check(cast, start + DEADLINE + 25 * HOUR) == 2
    [(message, count)] = entries(cast, cast.store)
    assert re.search(r"no proven backup of the last 5[45] hours: the last one is of \d{4}-", message)
    assert count == 2
    assert "it has never had one" in entries(cast, cast.sister.store)[0][0]


def test_a_backup_that_is_made_and_not_proven_does_not_help(cast: Cast, cloud: Cloud) -> None:
    start = now()
    check(cast, start)
    tell(cast.store, "UPLOADED")
    assert check(cast, start + DEADLINE + HOUR) == 2


def test_a_store_that_is_proven_again_is_silent(cast: Cast, cloud: Cloud) -> None:
    start = now()
    tell_proven(cloud, cast.store, hours=40)
    assert check(cast, start) == 1  # the sister is only watched from now on
    tell_proven(cloud, cast.store)
    assert check(cast, start + 25 * HOUR) == 0


def test_a_chain_that_is_not_paired_owes_nothing(cast: Cast) -> None:
    assert check(cast, now() + timedelta(days=9)) == 0


def test_a_store_without_a_service_owes_nothing(cast: Cast, cloud: Cloud) -> None:
    start = now()
    with tenant_scope([cast.organisation_id]):
        chain = Chain.objects.get(pk=cast.shop.chain.pk)
        Store.objects.update(key=None)
        assert [check_deadlines(chain=chain, now=start + hours * HOUR) for hours in (0, 99)] == [0, 0]


def test_the_worker_looks_at_every_chain(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store, hours=50)
    assert watch_backups([cast.organisation_id, cast.stranger.store.organisation_id]) == 1


@pytest.mark.parametrize(
    ("hours", "ready", "missing", "kind"),
    [(0, True, False, "ok"), (30, True, False, "ok"), (30.1, False, True, "down"), (900, False, True, "down")],
)
def test_ready_until_the_deadline_and_missing_after_it(hours: float, ready: bool, missing: bool, kind: str) -> None:
    readiness = Readiness(is_paired=True, proven_at=AT - hours * HOUR, since=AT - 999 * HOUR)
    assert (readiness.is_ready(AT), readiness.is_missing(AT), readiness.kind(AT)) == (ready, missing, kind)


def test_a_store_that_was_only_just_paired_is_neither_ready_nor_missing() -> None:
    for since in (None, AT - HOUR):
        readiness = Readiness(is_paired=True, proven_at=None, since=since)
        assert (readiness.is_ready(AT), readiness.is_missing(AT), readiness.kind(AT)) == (False, False, "alert")


def test_a_day_of_the_calendar_is_the_stores_own_and_shows_the_best_that_came_of_it() -> None:
    told = [
        Told("FAILED", datetime(2026, 11, 19, 22, 59, tzinfo=ZoneInfo("UTC"))),  # 23:59 there
        Told("PROVEN", datetime(2026, 11, 19, 23, 1, tzinfo=ZoneInfo("UTC"))),  # 00:01 there
        Told("FAILED", AT),
        Told("UPLOADED", AT - timedelta(days=2)),
        Told("PROVEN", AT - timedelta(days=400)),
    ]
    days = calendar(told, now=AT, timezone="Europe/Copenhagen")
    assert len(days) == 30
    assert [kind for _, kind in days[-4:]] == ["unknown", "alert", "down", "ok"]
    assert days[-1][0] == AT.date()
