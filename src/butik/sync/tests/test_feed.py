from typing import Any

import pytest
from django.db import transaction
from tests.support.till import open_shop

from butik.changes.actions import advance_feed
from butik.changes.models import FeedHead, FeedMove
from butik.lib.ids import new_id
from butik.lib.versions import version_at
from butik.organisation.installation import this_installation
from butik.organisation.models import Installation
from butik.organisation.tenancy import tenant_scope
from butik.staff.actions import add_assistant
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier
from butik.sync.restored import note_restore
from butik.sync.tests.conftest import StoreCaller, now

pytestmark = pytest.mark.django_db
PIN = make_pin_verifier("258013")


def hire(store: StoreCaller, number: str) -> ShopAssistant:
    return add_assistant(
        store=store.shop.store, number=number, name="Maja", role="OPERATOR", pin=PIN, actor="system", now=now()
    )


def change_store(store: StoreCaller) -> None:
    where = {"organisation_id": store.shop.store.organisation_id, "chain_id": store.shop.chain.id}
    with tenant_scope([store.shop.store.organisation_id]), transaction.atomic():
        advance_feed(**where, changes=[("store", str(store.shop.store.id), store.shop.store.id)], at=now())


def keys(page: dict[str, Any]) -> list[str]:
    return [entry["key"] for entry in page["entries"] if entry["kind"] == "assistant"]


def test_it_gives_the_newest_state_of_each_key(store: StoreCaller) -> None:
    assistant = hire(store, "101")
    start = store.pull(after=0)
    assert [entry["kind"] for entry in start["entries"]] == ["store", "assistant"]
    assert keys(start) == [str(assistant.pk)]
    assert start["entries"][1]["body"]["number"] == "101"
    assert (start["after"], start["position"]) == (0, start["head"])
    assert start["epoch"] == str(this_installation().epoch)


def test_it_goes_on_where_the_store_stands(store: StoreCaller) -> None:
    first, second = hire(store, "101"), hire(store, "102")
    page = store.pull(after=0, limit=2)
    assert keys(page) == [str(first.pk)]
    assert page["position"] < page["head"]
    page = store.pull_on(page, limit=2)
    assert keys(page) == [str(second.pk)]
    assert store.pull_on(page)["entries"] == []


def test_it_gives_a_store_its_own_and_no_others(store: StoreCaller) -> None:
    other = StoreCaller(open_shop(number=13, chain=store.shop.chain, install=False))
    mine = hire(store, "101")
    page = other.pull(after=0)
    assert str(mine.pk) not in keys(page)
    assert page["position"] == page["head"] > 0


def test_it_says_when_something_is_gone(store: StoreCaller) -> None:
    assistant = hire(store, "101")
    with tenant_scope([assistant.organisation_id]):
        assistant.delete()
    assert store.pull(after=0)["entries"][-1]["body"] == {"deleted": True}


def test_it_starts_again_for_a_store_that_knows_another_history(store: StoreCaller) -> None:
    hire(store, "101")
    page = store.pull(after=0)
    note_restore()
    again = store.pull_on(page)
    assert (again["after"], keys(again)) == (0, keys(page))
    assert again["epoch"] != page["epoch"]
    assert str(Installation.objects.get().epoch) == again["epoch"]


def test_it_starts_again_for_a_store_that_has_read_what_a_silently_restored_chain_has_lost(store: StoreCaller) -> None:
    hire(store, "101")
    page = store.pull(after=0)
    assert store.pull_on(page)["after"] == page["position"]
    with tenant_scope([store.shop.store.organisation_id]):
        FeedMove.objects.filter(position=page["head"]).update(position=page["head"] + 100)
        another = FeedMove.objects.create(
            organisation_id=store.shop.store.organisation_id, chain=store.shop.chain, position=page["head"]
        )
    assert store.pull_on(page)["after"] == 0
    assert store.pull_on(page, mark=str(another.id))["after"] == page["position"]
    assert store.pull_on(page, head=page["head"] + 1)["after"] == 0


@pytest.mark.parametrize("is_said", [True, False], ids=["restored", "silently restored"])
def test_a_chain_that_was_put_back_gives_no_position_twice(
    store: StoreCaller, is_said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A position is the version of an article too: given twice, sales would be priced again by the wrong price."""
    hire(store, "101")
    page = store.pull(after=0)
    if is_said:
        note_restore()
    else:
        lost = str(new_id())  # the mark of what the chain did afterwards, and has lost
        for _ in range(2):
            assert store.pull_on(page, mark=lost, head=page["head"] + 7)["after"] == 0
        assert caplog.text.count("was put back to an older state") == 1
    with tenant_scope([store.shop.store.organisation_id]):
        head = FeedHead.objects.get().position
    assert version_at(now()) - 60 <= head <= version_at(now())
    assert store.pull(after=0)["mark"] != page["mark"]
    with tenant_scope([store.shop.store.organisation_id]):
        change_store(store)
        assert FeedHead.objects.get().position == head + 1


def test_it_does_not_claim_the_head_when_something_changed_while_it_read(
    store: StoreCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(store, "101")
    from butik.sync import feed

    load = feed._bodies

    def slow(*args: Any) -> Any:
        change_store(store)
        return load(*args)

    monkeypatch.setattr(feed, "_bodies", slow)
    page = store.pull(after=0)
    assert page["position"] < page["head"]


def test_it_packs_a_long_answer(store: StoreCaller) -> None:
    for number in range(101, 106):
        hire(store, str(number))
    response = store.get("/feed", after=0)
    assert response.headers["Content-Encoding"] == "zstd"


@pytest.mark.parametrize("query", [{"after": "-1"}, {"after": "x"}, {"epoch": "x"}, {"limit": "9" * 30}])
def test_it_says_what_does_not_fit(store: StoreCaller, query: dict[str, str]) -> None:
    response = store.get("/feed", **query)
    assert (response.status_code, response.json()["type"]) == (422, "bad-request")


def test_a_stranger_reads_nothing(store: StoreCaller) -> None:
    store.shop.store.id = new_id()
    assert store.get("/feed").status_code == 401


def test_a_push_tells_where_the_head_is(store: StoreCaller) -> None:
    hire(store, "101")
    with tenant_scope([store.shop.store.organisation_id]):
        head = FeedHead.objects.get().position
    assert store.push()["head"] == head
