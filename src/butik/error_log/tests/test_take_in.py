"""A store tells its chain of its problems; telling twice changes nothing."""

import json
from datetime import timedelta

import msgspec
import pytest
from tests.support.cast import Cast

from butik.changes.models import OutboxItem
from butik.error_log.actions import TOLD_AGAIN, log_problem, take_in, tell_chain_again
from butik.error_log.models import ErrorEntry
from butik.error_log.problems import Place
from butik.lib.clock import now, to_wire
from butik.lib.outside import BadDocument
from butik.organisation.tenancy import tenant_scope

FIRST = now() - timedelta(hours=1)
BODY = {
    "fingerprint": "a" * 64,
    "level": "ERROR",
    "source": "butik.test",
    "message": "The chain was not reached",
    "detail": "",
    "count": 3,
    "first_at": to_wire(FIRST),
    "latest_at": to_wire(FIRST),
}


def told(cast: Cast) -> list[dict[str, object]]:
    with tenant_scope([cast.organisation_id]):
        rows = OutboxItem.objects.filter(kind="error", organisation_id=cast.organisation_id).order_by("pk")
        return [json.loads(row.body) for row in rows]


def take(cast: Cast, **changes: object) -> None:
    store = cast.sister.store
    with tenant_scope([store.organisation_id]):
        take_in(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.pk,
            body=msgspec.json.encode(BODY | changes),
            now=now(),
        )


def taken(cast: Cast) -> ErrorEntry:
    with tenant_scope([cast.organisation_id]):
        return ErrorEntry.objects.get(store_id=cast.sister.store.pk)


def test_a_store_tells_a_new_problem_at_once_and_then_once_a_minute(cast: Cast) -> None:
    moment = now()
    for seconds in (0, 5, 30, 59):
        log_problem(level="ERROR", source="s", message="Again", now=moment + timedelta(seconds=seconds))
    assert [body["count"] for body in told(cast)] == [1]
    log_problem(level="ERROR", source="s", message="Again", now=moment + TOLD_AGAIN)
    assert [body["count"] for body in told(cast)] == [1, 5]


def test_what_went_on_is_told_when_it_has_ended(cast: Cast) -> None:
    moment = now()
    for seconds in (0, 5):
        log_problem(level="ERROR", source="s", message="Again", now=moment + timedelta(seconds=seconds))
    tell_chain_again(now=moment + timedelta(seconds=20))
    assert len(told(cast)) == 1
    tell_chain_again(now=moment + TOLD_AGAIN)
    tell_chain_again(now=moment + 2 * TOLD_AGAIN)
    assert [body["count"] for body in told(cast)] == [1, 2]


def test_what_one_tells_the_other_takes(cast: Cast) -> None:
    log_problem(level="WARNING", source="butik.s", message="Something", detail="Where", now=now())
    take(cast, **told(cast)[0])
    entry = taken(cast)
    assert (entry.message, entry.detail, entry.level, entry.source) == ("Something", "Where", "WARNING", "butik.s")


def test_taking_it_again_changes_nothing(cast: Cast) -> None:
    take(cast)
    take(cast)
    assert taken(cast).count == 3


def test_an_older_word_that_comes_late_is_passed_over(cast: Cast) -> None:
    take(cast, count=9, message="Newer")
    take(cast)
    assert (taken(cast).count, taken(cast).message) == (9, "Newer")


def test_the_chain_does_not_trust_a_store_to_have_removed_secrets(cast: Cast) -> None:
    take(cast, message="card 4111 1111 1111 1111")
    assert "4111" not in taken(cast).message


@pytest.mark.parametrize(
    "changes",
    [{"level": "PANIC"}, {"count": 0}, {"fingerprint": "x"}, {"message": "x" * 501}, {"latest_at": "yesterday"}],
)
def test_what_is_no_entry_is_refused(changes: dict[str, object], cast: Cast) -> None:
    with pytest.raises(BadDocument):
        take(cast, **changes)


def test_a_chains_own_problem_is_told_to_nobody(cast: Cast) -> None:
    place = Place(cast.organisation_id, cast.store.chain_id, None)
    log_problem(level="ERROR", source="s", message="Mine", now=now(), place=place)
    with tenant_scope([cast.organisation_id]):
        assert ErrorEntry.objects.get().store_id is None


def test_a_store_whose_clock_went_back_is_heard_on(cast: Cast) -> None:
    take(cast)
    take(cast, count=4, message="Again", latest_at="1970-01-01T00:00:00.000Z", first_at="1970-01-01T00:00:00.000Z")
    with tenant_scope([cast.organisation_id]):
        entry = ErrorEntry.objects.get(store_id=cast.sister.store.pk)
        assert (entry.count, entry.message) == (4, "Again")
