"""What is read for a snapshot, that it is the state of one moment, and that it is no more than an emergency needs."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.support.till import Shop, open_shop

from butik.articles.models import Article
from butik.backups.snapshot_source import one_moment, read_content
from butik.lib.clock import now
from butik.organisation.installation import forget_installation
from butik.organisation.models import Pos
from butik.organisation.tenancy import tenant_scope
from butik.pricing.actions import publish_prices
from butik.sales.models import Series
from butik.sales.tests.conftest import stand
from butik.snapshot.read import open_snapshot
from butik.snapshot.write import write_snapshot
from butik.staff.models import ShopAssistant
from butik.staff.people import give_access


def _assistant(shop: Shop, number: str, **changes: Any) -> None:
    with tenant_scope([shop.store.organisation_id]):
        ShopAssistant.objects.create(
            organisation_id=shop.store.organisation_id,
            chain=shop.chain,
            store=shop.store,
            number=number,
            name=f"Assistant {number}",
            pin={"alg": "PBKDF2-SHA256"},
            **changes,
        )


def test_it_is_what_the_store_has(shop: Shop, tmp_path: Path) -> None:
    sister = open_shop(now=now(), number=99, install=False, chain=shop.chain)
    till = stand(shop)
    _assistant(shop, "101")
    _assistant(shop, "102", is_active=False)
    _assistant(shop, "103", blocked_at=now())
    _assistant(sister, "104")
    published = publish_prices(store=shop.store, position=7, now=now())
    assert published is not None
    with tenant_scope([till.org]):
        Article.objects.filter(number="1002").update(is_deleted=True)
        Series.objects.create(
            id=till.series,
            organisation_id=till.org,
            chain_id=shop.chain.id,
            store_id=shop.store.id,
            pos_number=3,
            device_id=till.device,
            label="N1",
            latest_counter=2,
            latest_hash="ab" * 32,
            sales=2,
            total=2590,
            opening="a.b.c",
        )
    write_snapshot(tmp_path / "snapshot", read_content(shop.store))
    with open_snapshot(tmp_path / "snapshot") as snapshot:
        assert [(each.number, each.price, each.blocked) for each in snapshot.articles()] == [("1001", 1295, False)]
        assert [each.number for each in snapshot.assistants()] == ["101"]
        assert [each.number for each in snapshot.poss()] == [3]
        assert [(each.id, each.pos_number, each.state) for each in snapshot.devices()] == [
            (str(till.device), 3, "ACTIVE")
        ]
        [head] = snapshot.series()
        assert (head.id, head.latest_counter, head.sales, head.total) == (str(till.series), 2, 2, 2590)
        prices = snapshot.price_file()
        assert prices is not None
        assert (prices.version, prices.position) == (published.version, 7)
        assert snapshot.meta["store"] == str(shop.store.id)
        assert snapshot.tree["store"]["name"] == "Nordly 12"
        assert snapshot.tree["company"]["vat_number"] == "DK12345678"


def test_people_of_pages_are_not_in_it(shop: Shop, tmp_path: Path) -> None:
    give_access(
        email="somebody@example.com",
        name="Somebody Secret",
        password="correct horse battery",
        level="STORE_MANAGER",
        organisation_id=shop.store.organisation_id,
        chain=shop.chain,
        store=shop.store,
        actor="system",
        now=now(),
    )
    write_snapshot(tmp_path / "snapshot", read_content(shop.store))
    content = (tmp_path / "snapshot").read_bytes()
    assert b"omebody" not in content
    assert b"Nordly 12" in content


def _rename_pos(shop: Shop) -> None:
    with tenant_scope([shop.store.organisation_id]):
        Pos.objects.filter(pk=shop.pos.pk).update(name="Renamed")
    connection.close()


@pytest.mark.postgres  # on SQLite tests share one database in memory; test_backups_while_selling.py has a real one
@pytest.mark.django_db(transaction=True)
def test_it_is_one_moment_while_others_write() -> None:
    """And they need not wait for it."""
    forget_installation()
    shop = open_shop(now=now())

    def names() -> list[str]:
        return list(Pos.objects.filter(store=shop.store).values_list("name", flat=True))

    with one_moment(shop.store.organisation_id):
        assert names() == ["Till 3"]
        other = threading.Thread(target=_rename_pos, args=(shop,))
        other.start()
        other.join(10)
        assert not other.is_alive()
        assert names() == ["Till 3"]
    with tenant_scope([shop.store.organisation_id]):
        assert names() == ["Renamed"]
    assert json.loads(read_content(shop.store).meta["tree"])["store"]["number"] == 12
    forget_installation()
