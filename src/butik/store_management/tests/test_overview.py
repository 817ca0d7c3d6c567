"""The stores to choose from, and the page of one."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import Cast, sell, signed_in
from tests.support.till import BREAD, MILK, Till

from butik.lib.clock import now
from butik.organisation.actions import found_chain
from butik.organisation.installation import install_chain
from butik.organisation.models import Device, Installation
from butik.organisation.tenancy import tenant_scope


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_it_lists_the_stores_of_a_chain(cast: Cast) -> None:
    page = text(signed_in(cast.alice), "/manage/")
    assert "2 stores to manage" in page
    assert "Nordly 77" not in page


def test_it_goes_straight_to_the_only_store(cast: Cast) -> None:
    response = signed_in(cast.bob).get("/manage/")
    assert (response.status_code, response["Location"]) == (302, f"/manage/{cast.store.pk}/")


def test_somebody_without_a_store_is_told_whom_to_ask(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        company = cast.shop.chain.company
    empty = found_chain(company=company, number=2, name="Empty", actor="system", now=now())
    with tenant_scope([cast.organisation_id]):
        cast.alice.memberships.update(chain=empty)
    assert "There is no store that you may manage." in text(signed_in(cast.alice), "/manage/")


def test_it_says_how_the_store_does(cast: Cast, till: Till) -> None:
    sell(till, cast.store, MILK, BREAD)
    with tenant_scope([cast.organisation_id]):
        Device.objects.filter(pk=till.device).update(last_seen_at=now())
    page = text(signed_in(cast.bob), f"/manage/{cast.store.pk}/")
    assert "Sells. 1 of 1 POS is up." in page
    assert "12-3-N1-000001" in page
    assert "37.90" in page
    assert 'data-minor="3790"' in page  # the table that the bars are drawn from


def test_a_chain_asks_what_the_store_last_said(cast: Cast, till: Till) -> None:
    Installation.objects.all().delete()
    install_chain(chain=cast.shop.chain)
    assert "Not heard from" in text(signed_in(cast.alice), f"/manage/{cast.store.pk}/")


def test_the_moving_part_is_fetched_alone(cast: Cast, till: Till) -> None:
    client, address = signed_in(cast.bob), f"/manage/{cast.store.pk}/now"
    assert "No sale yet" in text(client, address)
    sell(till, cast.store, MILK)
    fragment = text(client, address)
    assert "12-3-N1-000001" in fragment
    assert "<html" not in fragment


def test_more_sales_take_no_more_queries(cast: Cast, till: Till) -> None:
    client, address = signed_in(cast.bob), f"/manage/{cast.store.pk}/"
    sell(till, cast.store, MILK)
    text(client, address)
    with CaptureQueriesContext(connection) as few:
        text(client, address)
    for _ in range(4):
        sell(till, cast.store, BREAD)
    with CaptureQueriesContext(connection) as many:
        text(client, address)
    assert len(many) == len(few)


@pytest.mark.parametrize("path", ["/manage/", "/manage/{}/", "/manage/{}/now"])
def test_it_refuses_other_methods(path: str, cast: Cast) -> None:
    assert signed_in(cast.alice).post(path.format(cast.store.pk)).status_code == 405


@pytest.mark.parametrize("path", ["/manage/{}/", "/manage/{}/now"])
def test_a_strangers_store_is_not_found(path: str, cast: Cast) -> None:
    assert signed_in(cast.charlie).get(path.format(cast.store.pk)).status_code == 404
    assert signed_in(cast.bob).get(path.format(cast.sister.store.pk)).status_code == 404


def test_it_sends_those_who_are_not_signed_in_to_sign_in(cast: Cast) -> None:
    assert Client().get(f"/manage/{cast.store.pk}/").status_code == 302


def test_nobody_sees_it_without_a_level(nobody: Client, cast: Cast) -> None:
    assert nobody.get("/manage/").status_code == 403


def test_support_opens_every_page(cast: Cast) -> None:
    """Whoever helps a customer sees what she sees, and more."""
    store = f"/manage/{cast.store.pk}/"
    pages = ("/portal/", "/errors/", "/audit-log/", "/readiness/", "/manage/articles/imports/add")
    for path in (*pages, store, f"{store}poss/add", f"{store}assistants/add", f"{store}quarantine/", f"{store}service"):
        assert signed_in(cast.dorte).get(path).status_code == 200, path
