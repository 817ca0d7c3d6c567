"""Whose fault it is when a push cannot be taken: the item's, the machine's or this software's."""

import errno
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import OperationalError
from tests.support.till import MILK, Till

from butik.lib.ids import new_id
from butik.organisation.tenancy import tenant_scope
from butik.sales import commit, kept_out
from butik.sales.actions import accept_quarantined
from butik.sales.ingest import ingest_records
from butik.sales.models import QuarantinedRecord, Sale
from butik.sales.reading import Record
from butik.sync import aside, inbox
from butik.sync.kinds import OUTBOX_KINDS
from butik.sync.models import Inbox, StoreStatus, TakenItem
from butik.sync.tests.conftest import StoreCaller, now

pytestmark = pytest.mark.django_db

OF_THE_MACHINE = [
    OperationalError("database is locked"),
    OSError(errno.ENOSPC, "No space left on device"),
    MemoryError(),
]
OF_OURS = [KeyError("rate"), TypeError("unsupported"), AttributeError("none"), RecursionError("too deep")]


def named(error: BaseException) -> str:
    return type(error).__name__


def failing(original: Callable[..., Any], error: Exception, fails: Callable[..., bool]) -> Callable[..., Any]:
    def called(*args: Any, **kwargs: Any) -> Any:
        if fails(*args, **kwargs):
            raise error
        return original(*args, **kwargs)

    return called


def applied(store: StoreCaller) -> int:
    with tenant_scope([store.shop.store.organisation_id]):
        return Inbox.objects.values_list("applied", flat=True).first() or 0


def put_day(store: StoreCaller, till: Till, sales: int = 2) -> None:
    store.put_record(till.opening())
    for _ in range(sales):
        store.put_record(till.sale(MILK))


@pytest.mark.parametrize("error", [*OF_THE_MACHINE, *OF_OURS], ids=named)
def test_a_push_fails_whole_when_the_machine_or_this_software_does(
    store: StoreCaller, till: Till, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    put_day(store, till)
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "ingest_records", failing(ingest_records, error, lambda **_: True))
        store.client.raise_request_exception = False
        assert "acked" not in store.push()
        assert applied(store) == 0
    assert store.push()["acked"] == 3
    with tenant_scope([store.shop.store.organisation_id]):
        assert (Sale.objects.count(), TakenItem.objects.count()) == (2, 0)


@pytest.mark.parametrize("error", OF_THE_MACHINE, ids=named)
def test_trouble_of_the_machine_with_one_record_is_never_that_record_s(
    store: StoreCaller, till: Till, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    put_day(store, till)
    hit = till.sale(MILK)
    store.put_record(hit)
    store.put_record(till.sale(MILK))

    def fails(*, records: Sequence[Record], **_: Any) -> bool:
        return any(record.document == hit for record in records)

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "ingest_records", failing(ingest_records, error, fails))
        assert "acked" not in store.push()
        assert applied(store) == 0
    assert store.push()["acked"] == 5


@pytest.mark.parametrize("kind", ["pos", "error"])
def test_trouble_of_the_machine_with_another_item_is_never_that_item_s(
    store: StoreCaller, till: Till, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    put_day(store, till)
    store.put(kind, {})
    error = OSError(errno.ENOSPC, "No space left on device")
    kinds = {**OUTBOX_KINDS, kind: failing(OUTBOX_KINDS[kind], error, lambda *_: True)}
    monkeypatch.setattr(aside, "OUTBOX_KINDS", kinds)
    assert "acked" not in store.push()
    assert applied(store) == 0


def test_a_record_that_this_software_trips_over_stops_no_other_and_is_booked_later(
    store: StoreCaller, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_record(till.opening())
    hit = till.sale(MILK)
    store.put_record(hit)
    store.put_record(till.sale(MILK))

    def fails(records: Sequence[Record], *_: Any, **__: Any) -> bool:
        return any(record.document == hit and record.content is not None for record in records)

    with monkeypatch.context() as patched:
        patched.setattr(commit, "_book_at_once", failing(commit._book_at_once, KeyError("rate"), fails))
        with caplog.at_level(logging.ERROR):
            assert store.push()["acked"] == 3
        assert "waits in quarantine for a fault of this software" in caplog.text
    with tenant_scope([store.shop.store.organisation_id]):
        held = QuarantinedRecord.objects.get()
        assert (Sale.objects.count(), held.reason) == (1, QuarantinedRecord.Reason.FAILED)
    with monkeypatch.context() as patched:
        patched.setattr(kept_out, "accept_quarantined", failing(accept_quarantined, KeyError("rate"), lambda **_: True))
        kept_out.retry_kept_out([store.shop.store.organisation_id])  # as it is, it cannot be
    kept_out.retry_kept_out([store.shop.store.organisation_id])
    with tenant_scope([store.shop.store.organisation_id]):
        assert (Sale.objects.count(), QuarantinedRecord.objects.waiting().count()) == (2, 0)


def test_an_item_that_this_software_trips_over_stops_no_other_and_is_tried_again(
    store: StoreCaller, till: Till, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    put_day(store, till)
    store.put("pos", {"id": str(new_id()), "number": 77, "name": "Kiosk"})
    with monkeypatch.context() as patched:
        kinds = {**OUTBOX_KINDS, "pos": failing(OUTBOX_KINDS["pos"], KeyError("name"), lambda *_: True)}
        patched.setattr(aside, "OUTBOX_KINDS", kinds)
        with caplog.at_level(logging.ERROR):
            assert store.push()["acked"] == 4
        assert "was put aside: KeyError('name')" in caplog.text
        later(store, monkeypatch)
        aside.retry_aside([store.shop.store.organisation_id])
    with tenant_scope([store.shop.store.organisation_id]):
        held = TakenItem.objects.get()
        assert (held.tries, bool(held.body)) == (1, True)
    later(store, monkeypatch)
    aside.retry_aside([store.shop.store.organisation_id])
    with tenant_scope([store.shop.store.organisation_id]):
        held = TakenItem.objects.get()
        assert (held.trouble, held.body, held.retry_at) == ("", "", None)
        assert store.shop.store.poss.filter(number=77).exists()


def later(store: StoreCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant_scope([store.shop.store.organisation_id]):
        TakenItem.objects.update(retry_at=now() - timedelta(seconds=1))


def test_a_gap_inside_a_push_is_not_jumped(store: StoreCaller, till: Till) -> None:
    put_day(store, till, sales=3)
    assert store.push([store.items[0], store.items[1], store.items[3]])["acked"] == 2
    assert store.push(store.items[2:])["acked"] == 4
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == 3


def test_an_item_that_was_put_aside_and_comes_again_is_put_aside_once(store: StoreCaller, till: Till) -> None:
    """The store was put back and sends all anew, while the chain has become able to read it, or not."""
    store.put("pos", {"id": "none"})
    store.put_record(till.opening())
    store.push()
    store.outbox = new_id()
    assert store.push()["acked"] == 2
    with tenant_scope([store.shop.store.organisation_id]):
        assert TakenItem.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"id":"01993e3c-0000-7000-8000-000000000000","number":' + b"9" * 400 + b',"name":"x"}',
        b'{"id":"01993e3c-0000-7000-8000-000000000000","number":-1,"name":"x"}',
        b'{"id":"01993e3c-0000-7000-8000-000000000000","number":8,"name":"\\u0000"}',
    ],
    ids=["deep", "huge number", "negative", "NUL"],
)
@pytest.mark.parametrize("kind", [*OUTBOX_KINDS, "record"])
def test_an_odd_body_of_any_kind_stops_nothing(store: StoreCaller, till: Till, kind: str, body: bytes) -> None:
    store.put(kind, msgspec.Raw(body))
    put_day(store, till)
    assert store.push()["acked"] == 4
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == 2


@pytest.mark.parametrize(
    "status",
    [
        {"devices": 5},
        {"devices": [{"pos": "many"}]},
        {"devices": [{"pos": 1, "seen_at": "yesterday"}]},
        {"unsent": 10**15, "at": "2026-11-21T12:00:00"},
        {"version": "x" * 1_500_000},
        [1, 2],
        "open",
    ],
    ids=["number", "text", "moment", "naive", "long", "list", "text alone"],
)
def test_a_status_that_is_none_is_left_out_and_stops_nothing(store: StoreCaller, till: Till, status: Any) -> None:
    put_day(store, till)
    assert store.push(status=status)["acked"] == 3
    with tenant_scope([store.shop.store.organisation_id]):
        assert StoreStatus.objects.get().figures == {}


def test_of_many_outboxes_the_oldest_are_forgotten(store: StoreCaller, till: Till) -> None:
    put_day(store, till)
    store.push()
    for _ in range(inbox.MOST_OUTBOXES + 5):
        store.outbox = new_id()
        store.push([])
    with tenant_scope([store.shop.store.organisation_id]):
        assert Inbox.objects.count() == inbox.MOST_OUTBOXES
