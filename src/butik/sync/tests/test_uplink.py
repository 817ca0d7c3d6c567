"""The store's side in its database: numbering, what is sent, and what becomes of answers and pages."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.test import Client
from tests.support.till import API, MILK, Shop, Till

from butik.articles.models import Article
from butik.changes.actions import put_in_outbox
from butik.changes.models import OutboxItem
from butik.lib.ids import new_id
from butik.lib.outside import BadDocument
from butik.organisation.models import Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.models import PriceFile
from butik.staff.actions import AssistantBody, add_assistant
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier
from butik.sync import uplink as db
from butik.sync.core import Effect
from butik.sync.held import retry_held
from butik.sync.models import HeldEntry, SeenKey, Uplink
from butik.sync.restored import note_restore
from butik.sync.store_bodies import describe_store
from butik.sync.tests.conftest import now
from butik.sync.wire import FeedItem, FeedPage, Pushed

pytestmark = pytest.mark.django_db
EPOCH, NEXT_EPOCH, MARK = (UUID(int=n) for n in range(1, 4))
PIN = make_pin_verifier("258013")


def put(shop: Shop, *bodies: str, kind: str = "error") -> None:
    with tenant_scope([shop.store.organisation_id]):
        for body in bodies:
            put_in_outbox(kind=kind, organisation_id=shop.store.organisation_id, at=now(), body=body)


def forget_items(shop: Shop) -> None:
    with tenant_scope([shop.store.organisation_id]):
        OutboxItem.objects.all().delete()


def number(shop: Shop) -> None:
    db.number_items(shop.store.organisation_id, now())


def pushed(shop: Shop, acked: int, uid: UUID | None = None, epoch: UUID = EPOCH) -> Pushed:
    with tenant_scope([shop.store.organisation_id]):
        own = db.own_uid(shop.store.organisation_id, Uplink(), acked)
    return Pushed(epoch, db.read_uplink().outbox, acked, uid or own, 0, now().timestamp())


def take_answer(shop: Shop, answer: Pushed) -> Uplink:
    return db.take_push_answer(store=shop.store, began=db.read_uplink(), answer=answer, now=now())


def sell(till: Till, count: int) -> list[str]:
    documents = [till.opening(), *(till.sale(MILK) for _ in range(count))]
    body = msgspec.json.encode({"records": documents})
    proof = till.proof("POST", f"{API}/journal", body, at=now().timestamp())
    sent = Client().post(f"{API}/journal", body, content_type="application/json", headers={"Authorization": proof})
    assert sent.status_code == 200
    return documents


# --- up ---


def test_it_numbers_items_once_and_in_the_order_of_their_commit(shop: Shop) -> None:
    forget_items(shop)
    put(shop, "1", "2")
    number(shop)
    put(shop, "3")
    number(shop)
    number(shop)
    with tenant_scope([shop.store.organisation_id]):
        rows = list(OutboxItem.objects.order_by("seq").values_list("seq", "body", "uid"))
    assert [row[:2] for row in rows] == [(1, "1"), (2, "2"), (3, "3")]
    assert len({row[2] for row in rows}) == 3


def test_it_sends_what_follows_the_acknowledged(shop: Shop) -> None:
    forget_items(shop)
    put(shop, "1", "2", "3")
    number(shop)
    first = db.next_push(shop.store, db.read_uplink(), None, now())
    assert ([item.seq for item in first.items], first.follows) == ([1, 2, 3], None)
    take_answer(shop, pushed(shop, 2))
    then = db.next_push(shop.store, db.read_uplink(), {"unsent": 1}, now())
    assert ([item.seq for item in then.items], then.follows) == ([3], first.items[1].uid)
    assert bytes(then.status or b"") == b'{"unsent":1}'
    take_answer(shop, pushed(shop, 3))
    assert not db.has_unsent(shop.store.organisation_id)


def test_it_fetches_the_document_of_a_sale_where_it_lies(shop: Shop, till: Till) -> None:
    forget_items(shop)
    documents = sell(till, 1)
    number(shop)
    push = db.next_push(shop.store, db.read_uplink(), None, now())
    bodies = [msgspec.json.decode(bytes(item.body)) for item in push.items]
    assert [each["document"] for each in bodies] == documents


def test_it_sends_no_more_than_fits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_items(shop)
    put(shop, *['"' + "x" * 400 + '"'] * 5)
    number(shop)
    monkeypatch.setattr(db, "BATCH_BYTES", 1000)
    assert len(db.next_push(shop.store, db.read_uplink(), None, now()).items) == 2
    monkeypatch.setattr(db, "BATCH_BYTES", 10)
    assert (
        len(db.next_push(shop.store, db.read_uplink(), None, now()).items) == 1
    )  # one always goes, however long it is


def test_it_goes_back_with_a_chain_that_was_restored(shop: Shop) -> None:
    forget_items(shop)
    put(shop, "1", "2", "3")
    number(shop)
    take_answer(shop, pushed(shop, 3))
    after = take_answer(shop, pushed(shop, 1, epoch=NEXT_EPOCH))
    assert (after.acked, after.chain_epoch) == (1, NEXT_EPOCH)
    assert [item.seq for item in db.next_push(shop.store, db.read_uplink(), None, now()).items] == [2, 3]


def test_it_renews_its_outbox_when_the_chain_knows_another_history(shop: Shop) -> None:
    forget_items(shop)
    put(shop, "1", "2")
    number(shop)
    before = db.read_uplink().outbox
    after = take_answer(shop, pushed(shop, 2, uid=new_id()))
    assert (after.acked, after.outbox != before) == (0, True)
    assert len(db.next_push(shop.store, db.read_uplink(), None, now()).items) == 2


def test_it_does_not_hear_an_answer_that_was_overtaken(shop: Shop) -> None:
    forget_items(shop)
    put(shop, "1", "2")
    number(shop)
    began, late = db.read_uplink(), pushed(shop, 1)
    take_answer(shop, pushed(shop, 2))
    assert db.take_push_answer(store=shop.store, began=began, answer=late, now=now()).acked == 2


def test_a_restore_that_is_told_of_begins_a_new_outbox(shop: Shop) -> None:
    put(shop, "1")
    number(shop)
    take_answer(shop, pushed(shop, 1))
    before = db.read_uplink()
    note_restore()
    after = db.read_uplink()
    assert (after.outbox != before.outbox, after.acked) == (True, 0)


# --- down ---


def page(*entries: FeedItem, after: int = 0, position: int = 0, head: int = 0, epoch: UUID = EPOCH) -> FeedPage:
    last = position or max((entry.position for entry in entries), default=after)
    return FeedPage(epoch, after, last, head or last, MARK, list(entries))


def article(position: int, key: str, price: int) -> FeedItem:
    body = {"version": position, "text": f"ARTICLE {key}", "price": price, "vat_rate": 2500}
    return FeedItem(position, "article", key, msgspec.Raw(msgspec.json.encode(body)))


def take(shop: Shop, given: FeedPage, began: Uplink | None = None) -> bool:
    _, effects = db.take_feed(store=shop.store, began=began or db.read_uplink(), page=given, now=now())
    return Effect.AT_HEAD in effects


def prices(shop: Shop) -> dict[str, int]:
    with tenant_scope([shop.store.organisation_id]):
        return dict(Article.objects.filter(is_deleted=False).values_list("number", "price"))


@pytest.fixture
def bare(shop: Shop) -> Shop:
    with tenant_scope([shop.store.organisation_id]):
        Article.objects.all().delete()
    return shop


def test_it_applies_a_page_and_keeps_how_far_it_is(bare: Shop) -> None:
    assert not take(bare, page(article(1, "A", 100), head=2))
    assert take(bare, page(article(2, "B", 200), after=1, head=2))
    assert prices(bare) == {"A": 100, "B": 200}
    uplink = db.read_uplink()
    assert (uplink.feed_epoch, uplink.position, uplink.head, uplink.mark) == (EPOCH, 2, 2, MARK)


def test_it_leaves_a_page_that_was_overtaken(bare: Shop) -> None:
    began = db.read_uplink()
    take(bare, page(article(1, "A", 100), head=1))
    assert not take(bare, page(article(1, "A", 50), head=1), began=began)
    assert prices(bare) == {"A": 100}


def test_it_applies_the_same_page_twice_to_the_same_end(bare: Shop) -> None:
    given = page(article(1, "A", 100), article(2, "B", 200), head=2)
    take(bare, given)
    Uplink.objects.update(position=0, feed_epoch=None, head=0, mark=None)
    assert take(bare, given)
    assert prices(bare) == {"A": 100, "B": 200}


def test_it_drops_what_a_restored_chain_does_not_know_any_more(bare: Shop) -> None:
    with tenant_scope([bare.store.organisation_id]):
        made_here = add_assistant(
            store=bare.store, number="101", name="Maja", role="OPERATOR", pin=PIN, actor="system", now=now()
        )
    take(bare, page(article(1, "A", 100), article(2, "B", 200), head=2))
    assert not take(bare, page(article(1, "A", 100), head=2, epoch=NEXT_EPOCH))
    assert prices(bare) == {"A": 100, "B": 200}  # nothing goes before all has been read
    assert take(bare, page(article(2, "C", 300), after=1, head=2, epoch=NEXT_EPOCH))
    assert prices(bare) == {"A": 100, "C": 300}
    assert not SeenKey.objects.exists()
    with tenant_scope([bare.store.organisation_id]):
        assert not ShopAssistant.objects.get(pk=made_here.pk).is_active


BROKEN = msgspec.Raw(b'{"price":"free"}')


def test_an_entry_that_cannot_be_applied_is_held_and_stops_no_other(bare: Shop) -> None:
    page_of_both = page(article(1, "A", 100), FeedItem(2, "article", "B", BROKEN), head=2)
    assert take(bare, page_of_both)
    assert (prices(bare), db.read_uplink().position) == ({"A": 100}, 2)
    assert not retry_held(bare.store, now())  # as it is, it never can be
    HeldEntry.objects.update(body=bytes(article(2, "B", 200).body).decode())  # the next version can read it
    assert retry_held(bare.store, now())
    assert (prices(bare), HeldEntry.objects.exists()) == ({"A": 100, "B": 200}, False)


def test_a_newer_entry_takes_the_place_of_one_that_is_held(bare: Shop) -> None:
    take(bare, page(article(1, "A", 100), FeedItem(2, "article", "B", BROKEN), head=2))
    take(bare, page(article(3, "B", 300), after=2, head=3))
    assert (prices(bare), HeldEntry.objects.exists()) == ({"A": 100, "B": 300}, False)


def test_nothing_is_kept_of_a_page_of_which_nothing_can_be_applied(bare: Shop) -> None:
    with pytest.raises(BadDocument):
        take(bare, page(FeedItem(1, "article", "A", BROKEN), FeedItem(2, "article", "B", BROKEN), head=2))
    assert (db.read_uplink().position, HeldEntry.objects.exists()) == (0, False)


def assistant(shop: Shop, position: int, number: str, key: UUID, revision: int = 0) -> FeedItem:
    body = AssistantBody(
        id=key,
        store=shop.store.id,
        number=number,
        name="Ida",
        role="OPERATOR",
        pin=PIN,
        pin_version=1,
        is_active=True,
        blocked_at=None,
        revision=revision,
    )
    return FeedItem(position, "assistant", str(key), msgspec.Raw(msgspec.json.encode(body)))


def test_a_number_that_is_taken_here_stops_nothing(bare: Shop) -> None:
    with tenant_scope([bare.store.organisation_id]):
        add_assistant(store=bare.store, number="101", name="Maja", role="OPERATOR", pin=PIN, actor="system", now=now())
    given = page(assistant(bare, 1, "101", new_id()), assistant(bare, 2, "102", new_id()), article(3, "A", 100))
    assert take(bare, given)
    with tenant_scope([bare.store.organisation_id]):
        names = dict(ShopAssistant.objects.values_list("number", "name"))
    assert names == {"101": "Maja", "102": "Ida"}


def test_it_takes_the_stores_name_and_poss(bare: Shop) -> None:
    with tenant_scope([bare.store.organisation_id]):
        told: dict[str, Any] = msgspec.to_builtins(describe_store(bare.store))
    told["store"] |= {"name": "Nordly Havn", "address": "Havnen 1"}
    told["poss"] = [
        {"id": str(new_id()), "number": 3, "name": "Skranken"},
        {"id": str(new_id()), "number": 4, "name": "Ny"},
    ]
    entry = FeedItem(1, "store", str(bare.store.id), msgspec.Raw(msgspec.json.encode(told)))
    assert take(bare, page(entry))
    with tenant_scope([bare.store.organisation_id]):
        assert Store.objects.get().name == "Nordly Havn"
        assert dict(Pos.objects.values_list("number", "name")) == {3: "Skranken", 4: "Ny"}
        assert Pos.objects.get(number=3).pk == bare.pos.pk


def test_a_kind_that_is_newer_than_this_store_is_passed_over(bare: Shop) -> None:
    assert take(bare, page(FeedItem(1, "holiday", "x", msgspec.Raw(b"{}")), article(2, "A", 100)))
    assert prices(bare) == {"A": 100}
    with tenant_scope([bare.store.organisation_id]):
        assert not PriceFile.objects.exists()  # that is the worker's, once the page is committed
