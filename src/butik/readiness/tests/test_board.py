"""The page: could every store sell tonight?"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import Cast, signed_in

from butik.lib.clock import now
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.readiness.actions import watch_store
from butik.readiness.tests.conftest import Cloud, tell, tell_proven


@pytest.fixture(autouse=True)
def _services(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        Store.objects.filter(chain=cast.shop.chain).update(key=b"k" * 32)


def board(cast: Cast) -> str:
    return signed_in(cast.alice).get("/readiness/").content.decode()


def row_of(page: str, store: Store) -> str:
    return page.split(f'id="store-{store.pk}"')[1].split("</tr>")[0]


def test_all_stores_could_sell_tonight(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store, hours=3)
    tell_proven(cloud, cast.sister.store, hours=5)
    page = board(cast)
    assert "All 2 stores could sell tonight" in page
    assert "Could sell tonight" in row_of(page, cast.store)
    assert "data-fresh-until" in row_of(page, cast.store)
    assert "3 h ago" in row_of(page, cast.store)
    assert "2031 articles" in row_of(page, cast.store).replace(",", "")
    assert "introduce_chain" not in page


def test_a_store_whose_proof_is_old_is_named(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store)
    tell_proven(cloud, cast.sister.store, hours=50)
    page = board(cast)
    assert "1 of 2 stores could sell tonight: Nordly 14 has had no proven backup for 2 days" in page
    row = row_of(page, cast.sister.store)
    assert "state-down" in row
    assert "No proven backup" in row
    assert "data-fresh-until" not in row


def test_a_store_that_waits_for_its_first_is_not_green(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.sister.store)
    with tenant_scope([cast.organisation_id]):
        watch_store(store=cast.store, now=now())
    tell(cast.store, "UPLOADED")
    page = board(cast)
    assert "1 of 2 stores could sell tonight: Nordly 12 has had no proven backup yet" in page
    assert "Waits for its first backup" in row_of(page, cast.store)


def test_the_last_failure_is_in_words_until_a_proven_backup_is_newer(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store, hours=20)
    tell(cast.store, "FAILED", hours=2, detail="The emergency cloud <b>was not reached</b>.")
    row = row_of(board(cast), cast.store)
    assert "The emergency cloud &lt;b&gt;was not reached&lt;/b&gt;." in row
    tell_proven(cloud, cast.store, hours=1)
    assert "was not reached" not in row_of(board(cast), cast.store)


def test_thirty_days_are_thirty_marks_with_words(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store, hours=26)
    row = row_of(board(cast), cast.store)
    assert row.count("<i class=") == 30
    assert row.count("no backup") == 29
    assert "Proven on 1 of the last 30 days" in row


def test_a_chain_that_is_not_paired_is_told_how(cast: Cast) -> None:
    page = board(cast)
    assert "0 of 2 stores could sell tonight" in page
    for command in ("butik introduce_chain --chain 1", "butik adopt_chain", "butik pair_emergency"):
        assert command in page
    assert "No emergency cloud" in row_of(page, cast.store)


def test_a_store_without_a_service_is_grey_and_not_counted(cast: Cast, cloud: Cloud) -> None:
    with tenant_scope([cast.organisation_id]):
        Store.objects.filter(pk=cast.sister.store.pk).update(key=None)
    tell_proven(cloud, cast.store)
    page = board(cast)
    assert "The store could sell tonight" in page
    assert "state-unknown" in row_of(page, cast.sister.store).split("dots")[0]


def test_a_manager_sees_her_store_and_a_stranger_nothing(cast: Cast, cloud: Cloud) -> None:
    assert "Nordly 14" not in signed_in(cast.bob).get("/readiness/").content.decode()
    assert signed_in(cast.charlie).get(f"/readiness/stores/{cast.store.pk}/row").status_code == 404
    assert "Nordly 12" not in signed_in(cast.charlie).get("/readiness/").content.decode()


def test_the_fragments_are_what_a_reload_would_show(cast: Cast, cloud: Cloud) -> None:
    client, at = signed_in(cast.alice), f"/readiness/stores/{cast.store.pk}/row"
    tell_proven(cloud, cast.store, hours=50)
    assert row_of(client.get(at).content.decode(), cast.store) == row_of(board(cast), cast.store)
    assert "no proven backup for 2 days" in client.get("/readiness/first-line").content.decode()
    assert client.post(at).status_code == 405


def test_nobody_sees_it_without_a_level(nobody: Client) -> None:
    assert nobody.get("/readiness/").status_code == 403


def test_it_reads_danish(cast: Cast, cloud: Cloud) -> None:
    tell_proven(cloud, cast.store)
    tell_proven(cloud, cast.sister.store)
    page = signed_in(cast.alice).get("/readiness/", headers={"Accept-Language": "da"}).content.decode()
    assert "could sell tonight" not in page
    assert "Emergency readiness" not in page


def test_more_stores_and_backups_take_no_more_queries(cast: Cast, cloud: Cloud) -> None:
    client = signed_in(cast.alice)
    client.get("/readiness/")
    with CaptureQueriesContext(connection) as few:
        client.get("/readiness/")
    for number in range(100, 110):
        with tenant_scope([cast.organisation_id]):
            shop = {"organisation_id": cast.organisation_id, "company": cast.store.company, "chain": cast.shop.chain}
            store = Store.objects.create(**shop, number=number, name=f"Store {number}", key=b"k" * 32)
        tell_proven(cloud, store, hours=timedelta(days=2) / timedelta(hours=1))
    with CaptureQueriesContext(connection) as many:
        assert "Store 109" in client.get("/readiness/").content.decode()
    assert len(many) == len(few)
