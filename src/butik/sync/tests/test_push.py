from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.till import BREAD, MILK, Till, open_shop

from butik.error_log.models import ErrorEntry
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.live.models import LiveEvent
from butik.organisation.models import Device, Pos
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import DayFigure, QuarantinedRecord, Sale
from butik.sync.models import Inbox, StoreStatus, TakenItem
from butik.sync.tests.conftest import StoreCaller, become_chain, enrol_here, forget_device
from butik.sync.wire import UNPACKED_LIMIT

pytestmark = pytest.mark.django_db


def test_it_books_what_a_store_pushes(store: StoreCaller, till: Till) -> None:
    store.put_record(till.opening())
    store.put_record(till.sale(MILK))
    answer = store.push()
    assert (answer["acked"], answer["uid"], answer["outbox"]) == (2, store.items[-1]["uid"], str(store.outbox))
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.get().total == MILK[2]
        assert LiveEvent.objects.filter(topic="sales").count() == 1


def test_it_takes_each_item_once(store: StoreCaller, till: Till) -> None:
    store.put_record(till.opening())
    store.put_record(till.sale(MILK))
    store.push()
    store.put_record(till.sale(BREAD))
    assert store.push()["acked"] == 3
    assert store.push()["acked"] == 3
    with tenant_scope([store.shop.store.organisation_id]):
        assert sum(DayFigure.objects.values_list("total", flat=True)) == MILK[2] + BREAD[2]


def test_it_takes_nothing_behind_a_gap(store: StoreCaller, till: Till) -> None:
    for document in (till.opening(), till.sale(), till.sale()):
        store.put_record(document)
    assert store.push(store.items[:1])["acked"] == 1
    assert store.push(store.items[2:])["acked"] == 1
    assert store.push(store.items[1:])["acked"] == 3


def test_it_books_once_what_comes_again_in_another_outbox(store: StoreCaller, till: Till) -> None:
    """A store that was restored sends everything anew."""
    for document in (till.opening(), till.sale(), till.sale()):
        store.put_record(document)
    store.push()
    store.outbox = new_id()
    assert store.push()["acked"] == 3
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == 2
        assert not QuarantinedRecord.objects.exists()
        assert Inbox.objects.count() == 2


def test_it_answers_its_own_position_to_a_store_that_counted_on_from_a_restored_copy(
    store: StoreCaller, till: Till
) -> None:
    for document in (till.opening(), till.sale(), till.sale()):
        store.put_record(document)
    store.push()
    first_history = store.items[2]["uid"]
    store.items = store.items[:2]
    store.put_record(till.sale())
    store.put_record(till.sale())
    answer = store.push(store.items[3:])
    assert (answer["acked"], answer["uid"]) == (3, first_history)


def test_it_knows_a_device_before_the_sales_behind_it(store: StoreCaller, till: Till) -> None:
    store.put("device", forget_device(store.shop, till))
    store.put_record(till.opening())
    store.put_record(till.sale())
    assert store.push()["acked"] == 3
    with tenant_scope([store.shop.store.organisation_id]):
        assert Device.objects.get().kid == till.key.kid
        assert Sale.objects.count() == 1
        assert not QuarantinedRecord.objects.exists()


def test_one_bad_record_never_stops_those_behind_it(store: StoreCaller, till: Till) -> None:
    store.put_record(till.opening())
    store.put_record("no.signed.document")
    store.put("record", {"document": 7})
    store.put_record(till.sale())
    assert store.push()["acked"] == 4
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == 1
        assert QuarantinedRecord.objects.count() == 1
        assert TakenItem.objects.get().body == '{"document":7}'


def test_it_finds_the_record_that_only_the_database_can_refuse(store: StoreCaller, till: Till) -> None:
    """Another store's sale has the id already: the whole batch fails, and only the one at fault stays out."""
    taken = str(new_id())
    store.put_record(till.opening())
    store.put_record(till.sale(id=taken))
    store.push()
    other = open_shop(now=till.now, number=13, chain=store.shop.chain)
    second = enrol_here(other)
    become_chain(store.shop)
    caller = StoreCaller(other)
    for document in (second.opening(), second.sale(), second.sale(id=taken), second.sale()):
        caller.put_record(document)
    assert caller.push()["acked"] == 4
    with tenant_scope([other.store.organisation_id]):
        assert Sale.objects.filter(store_id=other.store.id).count() == 2
        assert QuarantinedRecord.objects.get().reason == "CONFLICT"


def test_it_puts_aside_what_it_does_not_know(store: StoreCaller, till: Till) -> None:
    store.put("holiday", {"a": 1})
    store.put("device", {"enrolment": "x.y.z", "key": "AA", "state": "ACTIVE"})
    store.put_record(till.opening())
    store.put_record(till.sale())
    assert store.push()["acked"] == 4
    with tenant_scope([store.shop.store.organisation_id]):
        kept = TakenItem.objects.order_by("kind")
        assert [(each.kind, bool(each.trouble), bool(each.body)) for each in kept] == [
            ("device", True, True),
            ("holiday", True, True),
        ]
        assert Sale.objects.count() == 1


def test_it_quarantines_a_record_of_another_store(store: StoreCaller, till: Till) -> None:
    other = open_shop(number=13, chain=store.shop.chain, install=False)
    caller = StoreCaller(other)
    caller.put_record(till.opening())
    caller.put_record(till.sale())
    assert caller.push()["acked"] == 2
    with tenant_scope([other.store.organisation_id]):
        assert not Sale.objects.exists()
        assert QuarantinedRecord.objects.filter(store_id=other.store.id).count() == 2


def test_it_takes_errors_and_status(store: StoreCaller) -> None:
    entry = {
        "fingerprint": "a" * 64,
        "level": "ERROR",
        "source": "butik.store",
        "message": "The printer is out of paper",
        "detail": "",
        "count": 2,
        "first_at": "2026-11-21T12:00:00.000Z",
        "latest_at": "2026-11-21T12:01:00.000Z",
    }
    store.put("error", entry)
    store.push(status={"version": "0.1.0", "unsent": 0})
    with tenant_scope([store.shop.store.organisation_id]):
        told = ErrorEntry.objects.get(source="butik.store")
        assert (told.store_id, told.count) == (store.shop.store.id, 2)
        status = StoreStatus.objects.get()
        assert status.figures["version"] == "0.1.0"
        assert LiveEvent.objects.filter(topic="status", store_id=store.shop.store.id).count() == 1


def test_it_takes_a_pos_that_was_made_at_the_store(store: StoreCaller) -> None:
    store.put("pos", {"id": str(new_id()), "number": 9, "name": "Gården"})
    answer = store.push()
    with tenant_scope([store.shop.store.organisation_id]):
        assert Pos.objects.get(number=9).name == "Gården"
    assert answer["head"] > 0
    page = store.pull(after=0)
    assert [pos["number"] for pos in page["entries"][-1]["body"]["poss"]] == [3, 9]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"sub": new_id()}, "unknown-store"),
        ({"org": new_id()}, "unknown-store"),
        ({"aud": "store/somewhere"}, "bad-proof"),
        ({"target": "/api/sync/v1/feed"}, "bad-proof"),
        ({"body": b"another"}, "bad-proof"),
        ({"at": 1_000_000_000.0}, "clock-skew"),
    ],
)
def test_it_believes_only_a_proof_for_this_very_call(store: StoreCaller, changes: dict[str, Any], told: str) -> None:
    body = changes.pop("body", b"{}")
    response = store.post("/push", b'{"outbox":"x"}', headers={}, **changes)
    if body == b"another":
        response = store.client.post(
            "/api/sync/v1/push",
            b"{}",
            content_type="application/json",
            headers={"Authorization": store.proof("POST", "/push", body)},
        )
    assert (response.status_code, response.json()["type"]) == (401, told)


def test_it_does_not_believe_another_key(store: StoreCaller) -> None:
    store.key = SigningKey.generate()
    response = store.post("/push", b"{}")
    assert (response.status_code, response.json()["type"]) == (401, "bad-proof")


def test_it_refuses_a_call_without_a_proof(store: StoreCaller) -> None:
    response = store.client.post("/api/sync/v1/push", b"{}", content_type="application/json")
    assert (response.status_code, response.json()["type"]) == (401, "no-proof")


def test_it_closes_a_store_whose_key_was_taken_away(store: StoreCaller) -> None:
    with tenant_scope([store.shop.store.organisation_id]):
        store.shop.store.key = None
        store.shop.store.save()
    assert store.post("/push", b"{}").json()["type"] == "unknown-store"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"outbox":"no uuid","items":[]}', b"\xff", b'{"outbox":1}'])
def test_it_says_what_does_not_fit(store: StoreCaller, body: bytes) -> None:
    response = store.post("/push", body)
    assert (response.status_code, response.json()["type"]) == (422, "bad-request")


def test_it_refuses_what_unfolds_beyond_its_limit(store: StoreCaller) -> None:
    bomb = zstandard.ZstdCompressor().compress(b" " * (UNPACKED_LIMIT + 1))
    response = store.post("/push", bomb, headers={"Content-Encoding": "zstd"})
    assert (response.status_code, response.json()["type"]) == (413, "too-large")
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")
    assert store.post("/push", unsized, headers={"Content-Encoding": "zstd"}).status_code == 413
    assert store.post("/push", b"no zstd", headers={"Content-Encoding": "zstd"}).status_code == 422
    assert store.post("/push", b"{}", headers={"Content-Encoding": "br"}).status_code == 422


def test_it_refuses_a_body_beyond_its_limit(store: StoreCaller) -> None:
    assert store.post("/push", b" " * (3 * 1024 * 1024), headers={}).status_code == 413
    items = [{"seq": n, "uid": str(new_id()), "kind": "error", "body": {}} for n in range(1, 502)]
    body = msgspec.json.encode({"outbox": str(store.outbox), "items": items})
    assert store.post("/push", body).status_code == 422


def test_it_answers_other_methods_and_addresses_with_a_problem(store: StoreCaller) -> None:
    assert store.get("/push").json()["type"] == "bad-method"
    assert store.get("/nowhere").json()["type"] == "not-found"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=5), order=st.randoms())
def test_it_ends_the_same_however_batches_come(
    store: StoreCaller, till: Till, cuts: list[tuple[int, int]], order: Any
) -> None:
    """RT-07: batches doubled, split, permuted and replayed, then all of them once more."""
    for document in (till.opening(), till.sale(), till.sale(), till.sale()):
        store.put_record(document)
    batches = [store.items[start : start + length] for start, length in cuts]
    order.shuffle(batches)
    for batch in batches:
        store.push(batch)
    assert store.push()["acked"] == len(store.items)
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == till.counter
        assert not QuarantinedRecord.objects.exclude(reason="CONFLICT").exists()
        assert sum(DayFigure.objects.values_list("total", flat=True)) == till.total
