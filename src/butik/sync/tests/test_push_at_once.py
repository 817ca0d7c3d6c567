"""Several pushes of one store at the same time: a call that was given up by its sender, and its repetition."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from tests.support.till import Till

from butik.organisation.tenancy import tenant_scope
from butik.sales.models import QuarantinedRecord, Sale, Series
from butik.sync.models import Inbox, TakenItem
from butik.sync.tests.conftest import StoreCaller

pytestmark = pytest.mark.django_db(transaction=True)


def test_pushes_at_once_are_taken_one_after_the_other(store: StoreCaller, till: Till) -> None:
    store.put_record(till.opening())
    for n in range(30):
        store.put_record(till.sale())
        if n % 10 == 0:
            store.put("holiday", {"n": n})

    def push(start: int) -> int:
        try:
            return int(store.push(store.items[start:])["acked"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        acked = list(threads.map(push, [0, 0, 5, 0, 12, 0]))
    assert max(acked) == len(store.items)
    assert set(acked) <= {0, len(store.items)}  # one that came before what it follows on was told so
    with tenant_scope([store.shop.store.organisation_id]):
        assert Sale.objects.count() == 30
        assert Series.objects.get().sales == 30
        assert not QuarantinedRecord.objects.exists()
        assert TakenItem.objects.count() == 3
        assert Inbox.objects.get().applied == len(store.items)
