"""The sender skips what it cannot read and names it: a damaged page stops nothing behind it."""

import json
import logging
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection
from django.test import Client
from tests.support.damage import EMPTY_LEAF, damaged_where, moved_to, overwrite_index, overwrite_pages
from tests.support.till import Shop, Till

from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale
from butik.sync import uplink as db
from butik.sync import work
from butik.sync.line import Line
from butik.sync.models import SkippedItem, TakenItem, Uplink
from butik.sync.outbox_indexes import INDEXES, mend_indexes
from butik.sync.outgoing import take_up_skipped
from butik.sync.tests.conftest import StoreCaller, now
from butik.sync.tests.test_uplink import forget_items, number, pushed, put, sell, take_answer
from butik.sync.wire import Push, Pushed, PushItem, SkippedBody

MARKER = "this-page-is-gone"
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="overwrites pages of a SQLite file")


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    forget_items(shop)
    return shop


def push_now(shop: Shop) -> Push:
    number(shop)
    return db.next_push(shop.store, db.read_uplink(), None, now())


def kinds(push: Push) -> list[str]:
    return [item.kind for item in push.items]


def skipped(item: PushItem) -> SkippedBody:
    return msgspec.json.decode(bytes(item.body), type=SkippedBody)


def look_again(shop: Shop) -> None:
    take_up_skipped(shop.store.organisation_id, acked=db.read_uplink().acked, now=now())


def acknowledge(shop: Shop, push: Push) -> Uplink:
    last = push.items[-1]
    return take_answer(shop, pushed(shop, last.seq, uid=last.uid))


def put_one_on_a_page_of_its_own(shop: Shop) -> None:
    """Items 1 and 3 share no page with item 2, which fills one."""
    put(shop, *(json.dumps(text) for text in ("a" * 3000, MARKER + "b" * 3500, "c" * 3000)))


def test_an_item_that_cannot_be_read_is_skipped_named_and_sent_later(
    shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_one_on_a_page_of_its_own(shop)
    number(shop)
    with damaged_where(MARKER, tmp_path):
        first = push_now(shop)
        assert [item.seq for item in first.items] == [1, 2, 3]
        assert kinds(first) == ["error", "skipped", "error"]
        assert skipped(first.items[1]).reason
        assert push_now(shop).items == first.items  # the same word as often as it is asked for
        acknowledge(shop, first)
        assert push_now(shop).items == []
        assert not db.has_unsent(shop.store.organisation_id)
        [said] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert "1 items for the chain cannot be read and are skipped" in said.message
        look_again(shop)
        assert push_now(shop).items == []
        skipped_then, uplink_then = SkippedItem.objects.get(), Uplink.objects.get()
    skipped_then.save()  # on SQLite that was another file
    uplink_then.save()
    look_again(shop)
    again = push_now(shop)
    assert again.follows == first.items[2].uid
    assert [(item.seq, item.kind, MARKER in bytes(item.body).decode()) for item in again.items] == [(4, "error", True)]
    assert SkippedItem.objects.exists()  # its device keeps it until the chain has it
    acknowledge(shop, again)
    look_again(shop)
    assert not SkippedItem.objects.exists()


def test_an_acknowledged_item_that_gets_damaged_stops_nothing(shop: Shop, tmp_path: Path) -> None:
    put_one_on_a_page_of_its_own(shop)
    number(shop)
    push = push_now(shop)
    two = push.items[1]
    take_answer(shop, pushed(shop, 2, uid=two.uid))
    with damaged_where(MARKER, tmp_path):
        then = push_now(shop)
        assert (then.follows, [item.seq for item in then.items]) == (two.uid, [3])
        before = db.read_uplink().outbox
        after = take_answer(shop, pushed(shop, 3, uid=then.items[0].uid))
        assert (after.acked, after.outbox) == (3, before)


@on_sqlite
def test_the_items_of_a_damaged_page_are_skipped_and_their_sales_told_again(
    shop: Shop, till: Till, tmp_path: Path
) -> None:
    sell(till, 3)
    put(shop, f'"{MARKER}"', *(json.dumps("x" * 3000) for _ in range(3)))  # new ones go on another page
    number(shop)
    with moved_to(tmp_path / "copy.sqlite3") as copy:
        overwrite_pages(copy, MARKER.encode())
        first = push_now(shop)
        assert kinds(first) == ["skipped"] * (len(first.items) - 3) + ["error"] * 3
        acknowledge(shop, first)
        again = push_now(shop)
        documents = {msgspec.json.decode(bytes(item.body))["document"] for item in again.items}
        with tenant_scope([shop.store.organisation_id]):
            assert documents == set(Sale.objects.values_list("document", flat=True))
            assert len(documents) == 3


@on_sqlite
def test_a_sale_whose_document_cannot_be_read_is_skipped_by_its_own_name(
    shop: Shop, till: Till, tmp_path: Path
) -> None:
    sell(till, 2)
    number(shop)
    with tenant_scope([shop.store.organisation_id]):
        sale = Sale.objects.get(counter=1)
        item = OutboxItem.objects.get(ref=sale.pk)
    with moved_to(tmp_path / "copy.sqlite3") as copy:
        overwrite_pages(copy, sale.document[40:90].encode())
        named = {each.uid: each for each in push_now(shop).items if each.kind == "skipped"}
        assert item.uid in named
        assert skipped(named[item.uid]).ref == sale.pk
        assert db.oldest_unacknowledged(shop.store.organisation_id) is None  # it stands alone


@pytest.mark.parametrize("body", ['{"torn":', "[" * 5000, '"\\ud800"', '{"a":1}}'])
def test_a_body_that_has_changed_on_the_disk_is_skipped(shop: Shop, body: str) -> None:
    put(shop, '"before"', body, '"behind"')
    assert kinds(push_now(shop)) == ["error", "skipped", "error"]


def test_what_was_skipped_counts_as_not_passed_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    put(shop, "{", '"behind"')
    acknowledge(shop, push_now(shop))
    monkeypatch.setattr(db, "this_installation", lambda: type("Here", (), {"chain_url": "http://localhost:1"}))
    with tenant_scope([shop.store.organisation_id]):
        made = OutboxItem.objects.get(seq=1).created_at
    assert db.oldest_unacknowledged(shop.store.organisation_id) == made


def test_a_row_that_cannot_be_numbered_does_not_hold_up_the_others(shop: Shop, tmp_path: Path) -> None:
    put_one_on_a_page_of_its_own(shop)
    with damaged_where(MARKER, tmp_path):
        if connection.vendor == "postgresql":
            return  # there a number is written into a new row
        push = push_now(shop)
        assert kinds(push) == ["error", "error"]
        assert SkippedItem.objects.get().seq is None


class Chain(Line):
    """One that takes all it is sent."""

    def __init__(self) -> None:
        self.taken: list[tuple[int, str, str]] = []

    def push(self, push: Push) -> Pushed:
        self.taken += [(item.seq, item.kind, bytes(item.body).decode()) for item in push.items]
        last = push.items[-1] if push.items else None
        acked, uid = (last.seq, last.uid) if last else (db.read_uplink().acked, push.follows)
        return Pushed(UUID(int=1), push.outbox, acked, uid, 0, now().timestamp())


@on_sqlite
@pytest.mark.parametrize("page", [None, EMPTY_LEAF])
@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("is_numbered", [False, True])
def test_a_damaged_index_stops_nothing_and_is_said(
    shop: Shop,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    index: str,
    page: bytes | None,
    is_numbered: bool,
) -> None:
    settings.BUTIK_DATA = tmp_path
    monkeypatch.setattr(work, "renew_in_time", lambda **_: None)
    chain = Chain()
    with moved_to(tmp_path / "copy.sqlite3") as copy:
        put(shop, '"one"', '"two"')
        if is_numbered:
            number(shop)
        put(shop, '"three"')
        overwrite_index(copy, index, page)
        link = work.Link(shop.store, chain)
        for _ in range(3):
            link.called_at = work.LONG_AGO
            link.send()
        assert chain.taken == [(1, "error", '"one"'), (2, "error", '"two"'), (3, "error", '"three"')]
        assert not SkippedItem.objects.exists()
        [said] = [each for each in caplog.records if each.levelno == logging.ERROR]
        assert index in said.getMessage()
        assert Client().get("/health").json()["database"] == "damaged"
        put(shop, '"four"')  # the mended index takes what comes
        link.send()
        assert chain.taken[3:] == [(4, "error", '"four"')]
        assert not mend_indexes()


# --- the chain ---


def skip(caller: StoreCaller, **members: Any) -> dict[str, Any]:
    return caller.put("skipped", {"kind": "device", "ref": str(new_id()), "reason": "malformed"} | members)


@pytest.mark.django_db
def test_the_chain_puts_aside_what_its_store_could_not_read_and_takes_it_later(
    store: StoreCaller, caplog: pytest.LogCaptureFixture
) -> None:
    placeholder = skip(store)
    store.put("pos", {"id": str(new_id()), "number": 7, "name": "Skranken"})
    assert store.push()["acked"] == 2
    assert "cannot read something that it should tell: device" in caplog.text
    with tenant_scope([store.shop.store.organisation_id]):
        assert TakenItem.objects.get(uid=placeholder["uid"]).trouble
    store.outbox, store.items = new_id(), []
    whole = store.put("pos", {"id": str(new_id()), "number": 8, "name": "Ny"})
    whole["uid"] = placeholder["uid"]
    assert store.push()["acked"] == 1
    with tenant_scope([store.shop.store.organisation_id]):
        row = TakenItem.objects.get(uid=placeholder["uid"])
        assert (row.kind, row.trouble) == ("pos", "")


@pytest.mark.django_db
@pytest.mark.parametrize("body", [None, 7, [], {"kind": 7}, {"ref": "x"}, {"reason": "x" * 301}, {}])
def test_whatever_a_placeholder_says_stops_nobody(store: StoreCaller, body: Any) -> None:
    store.put("skipped", body)
    store.put("pos", {"id": str(new_id()), "number": 7, "name": "Skranken"})
    assert store.push()["acked"] == 2
