"""The dashboard and the fragments that live events make it fetch."""

from datetime import timedelta

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import Cast, sell, signed_in
from tests.support.till import BREAD, MILK, Till

from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.lib.clock import now, to_wire
from butik.lib.signing import SigningKey, encode
from butik.live.cursors import read_cursor
from butik.organisation.models import Store
from butik.organisation.pairing import pair_chain
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import DayFigure
from butik.store_management.readings import business_date
from butik.sync.models import StoreStatus


def heard_from(store: Store, *, age: int = 0, poss: tuple[tuple[int, int], ...] = ((3, 5),), unsent: int = 0) -> None:
    """The store called `age` seconds ago; `poss`: number, and seconds since its device had called the store."""
    at = now() - timedelta(seconds=age)
    devices = [{"pos": number, "seen_at": to_wire(at - timedelta(seconds=ago))} for number, ago in poss]
    figures = {"at": to_wire(at), "devices": devices, "unsent": unsent}
    with tenant_scope([store.organisation_id]):
        StoreStatus.objects.update_or_create(
            store=store,
            defaults={
                "organisation_id": store.organisation_id,
                "chain_id": store.chain_id,
                "contact_at": at,
                "figures": figures,
            },
        )


def row_of(page: str, store: Store) -> str:
    """The table row of one store."""
    return page.split(f'id="store-{store.pk}"')[1].split('<tr id="store-')[0].split("<tfoot>")[0]


def dashboard(cast: Cast) -> str:
    return signed_in(cast.alice).get("/portal/").content.decode()


def test_it_lists_the_stores_and_says_who_sells(cast: Cast) -> None:
    heard_from(cast.store)
    heard_from(cast.sister.store, age=600)
    page = dashboard(cast)
    assert "1 of 2 stores sell, 1 is not heard from" in page
    assert f"/manage/{cast.store.pk}/" in row_of(page, cast.store)
    assert "Nordly 12" in row_of(page, cast.store)
    assert str(cast.stranger.store.pk) not in page


def test_it_shows_todays_revenue_beside_last_weeks(cast: Cast, till: Till) -> None:
    sell(till, cast.store, MILK, BREAD)
    sell(till, cast.store, MILK)
    with tenant_scope([cast.organisation_id]):
        today = DayFigure.objects.get(store_id=cast.store.pk)
        DayFigure.objects.create(
            organisation_id=today.organisation_id,
            chain_id=today.chain_id,
            store_id=today.store_id,
            business_date=today.business_date - timedelta(days=7),
            hour=9,
            currency="DKK",
            sales=7,
            total=123_456,
            latest_at=today.latest_at - timedelta(days=7),
        )
    row = row_of(dashboard(cast), cast.store)
    assert "50.85" in row
    assert 'data-amount="5085"' in row
    assert "1,234.56" in row


def test_poss_are_counted_down_of_total_with_each_ones_latest_sale(cast: Cast, till: Till) -> None:
    sold = sell(till, cast.store, MILK)
    heard_from(cast.store, poss=((3, 5), (4, 3600)))
    row = row_of(dashboard(cast), cast.store)
    assert "1/2 down" in row
    told = row.split('role="tooltip"')[1].split("</table>")[0]  # the row tells the store's latest sale as well
    assert "POS 3" in told
    assert to_wire(sold.corrected_at) in told
    assert "Sells in part" in row


def test_stale_is_grey_not_green(cast: Cast) -> None:
    heard_from(cast.store, age=600)
    row = row_of(dashboard(cast), cast.store)
    assert "Not heard from" in row
    assert "state-ok" not in row
    assert "data-fresh-until" not in row


def test_what_is_green_says_until_when(cast: Cast) -> None:
    heard_from(cast.store)
    assert "data-fresh-until" in row_of(dashboard(cast), cast.store)


def test_it_shows_unsent_items_and_errors(cast: Cast) -> None:
    heard_from(cast.store, unsent=12)
    place = Place(cast.organisation_id, cast.store.chain_id, cast.store.pk)
    log_problem(level="ERROR", source="test", message="A fridge is open", now=now(), place=place)
    log_problem(level="WARNING", source="test", message="A warning does not count", now=now(), place=place)
    row = row_of(dashboard(cast), cast.store)
    assert "12 unsent" in row
    assert f'<a href="/errors/?store={cast.store.pk}">1</a>' in row


def test_it_carries_the_cursor_of_its_snapshot(cast: Cast) -> None:
    page = dashboard(cast)
    cursor = page.split('data-cursor="')[1].split('"')[0]
    assert read_cursor(cursor) is not None


def test_a_row_is_fetched_alone_and_moves_with_a_sale(cast: Cast, till: Till) -> None:
    client = signed_in(cast.alice)
    address = f"/portal/stores/{cast.store.pk}/row"
    before = client.get(address).content.decode()
    sell(till, cast.store, MILK)
    after = client.get(address).content.decode()
    assert 'data-amount="0"' in before
    assert 'data-amount="1295"' in after
    assert after.strip().startswith("<tr")


def test_old_state_and_events_make_the_fresh_state(cast: Cast, till: Till) -> None:
    """The row fetched on the event is the row that a reload would show."""
    client = signed_in(cast.alice)
    sell(till, cast.store, BREAD)
    fetched = client.get(f"/portal/stores/{cast.store.pk}/row").content.decode()
    assert row_of(fetched, cast.store) == row_of(dashboard(cast), cast.store)


def test_a_store_manager_sees_only_her_store(cast: Cast) -> None:
    page = signed_in(cast.bob).get("/portal/").content.decode()
    assert "of 1 store" in page
    assert "Nordly 14" not in page


def test_the_first_line_is_fetched_alone(cast: Cast) -> None:
    heard_from(cast.store)
    line = signed_in(cast.alice).get("/portal/first-line").content.decode()
    assert "1 of 2 stores sell" in line
    assert "<table" not in line


@pytest.mark.parametrize("path", ["/portal/", "/portal/first-line", "/portal/stores/{}/row"])
def test_it_refuses_other_methods(path: str, cast: Cast) -> None:
    assert signed_in(cast.alice).post(path.format(cast.store.pk)).status_code == 405


def test_it_sends_those_who_are_not_signed_in_to_sign_in(cast: Cast) -> None:
    response = Client().get("/portal/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_a_strangers_row_is_not_found(cast: Cast) -> None:
    assert signed_in(cast.charlie).get(f"/portal/stores/{cast.store.pk}/row").status_code == 404


def test_nobody_sees_it_without_a_level(nobody: Client) -> None:
    assert nobody.get("/portal/").status_code == 403


def pair(cast: Cast) -> None:
    offer = {
        "chain": str(cast.shop.chain.pk),
        "url": "https://nordly.emergency.example",
        "recipient": "age1" + "x" * 58,
    }
    key = encode(SigningKey.generate().public)
    pair_chain(chain=cast.shop.chain, offer=msgspec.json.encode(offer | {"key": key}), actor="system", now=now())


def test_of_tills_that_all_fall_silent_at_once_it_says_where_to_look(cast: Cast) -> None:
    heard_from(cast.store, poss=((3, 400), (4, 430)))
    heard_from(cast.sister.store, poss=((1, 410), (2, 90_000)))
    client = signed_in(cast.alice)
    assert "0 of 2 stores sell" in dashboard(cast)  # no emergency cloud: where should they be?
    pair(cast)
    page = dashboard(cast)
    for said in (page, client.get("/portal/first-line").content.decode()):
        assert "All tills have fallen silent" in said
        assert '<a class="text-break" href="https://nordly.emergency.example">' in said
        assert "0 of 2" not in said
    row = client.get(f"/portal/stores/{cast.store.pk}/row").content.decode()
    for said in (row_of(page, cast.store), row, row_of(page, cast.sister.store)):
        assert "May have left for the emergency" in said
        assert "2 silent" in said
        assert "Does not sell" not in said
        assert "state-down" not in said
    store = client.get(f"/manage/{cast.sister.store.pk}/").content.decode()
    assert "May have left for the emergency" in store
    assert "Does not sell" not in store


def test_a_store_alone_that_falls_silent_does_not_sell(cast: Cast) -> None:
    """Whoever sees only this store is told the same: the others of its chain sell."""
    pair(cast)
    heard_from(cast.store, poss=((3, 400),))
    heard_from(cast.sister.store)
    assert "1 of 2 stores sell" in dashboard(cast)
    assert "Does not sell" in row_of(dashboard(cast), cast.store)
    assert "0 of 1 store sells" in signed_in(cast.bob).get("/portal/").content.decode()


def test_controllers_that_are_gone_too_are_said_to_be(cast: Cast) -> None:
    pair(cast)
    heard_from(cast.store, age=600)
    heard_from(cast.sister.store, poss=((1, 610),))
    page = dashboard(cast)
    assert "All tills have fallen silent, 1 is not heard from" in page
    assert "Not heard from" in row_of(page, cast.store)


def test_hostile_names_are_escaped(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        Store.objects.filter(pk=cast.store.pk).update(name="<script>alert(1)</script>")
    page = dashboard(cast)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_more_stores_take_no_more_queries(cast: Cast) -> None:
    client = signed_in(cast.alice)
    client.get("/portal/")
    with CaptureQueriesContext(connection) as few:
        client.get("/portal/")
    with tenant_scope([cast.organisation_id]):
        for number in range(100, 120):
            Store.objects.create(
                organisation_id=cast.organisation_id,
                company=cast.store.company,
                chain=cast.shop.chain,
                number=number,
                name=f"Store {number}",
            )
    with CaptureQueriesContext(connection) as many:
        assert "Store 119" in client.get("/portal/").content.decode()
    assert len(many) == len(few)
    if connection.vendor == "sqlite":  # PostgreSQL sets the scope besides
        assert len(few) <= 8


def test_the_business_day_is_the_stores(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        cast.store.timezone = "Pacific/Auckland"
        there = business_date(cast.store, now())
        cast.store.timezone = "Pacific/Honolulu"
        assert there - business_date(cast.store, now()) == timedelta(days=1)


@pytest.mark.parametrize("says", ["1970-01-01T00:00:00.000Z", "2083-05-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
def test_a_sale_of_a_wrong_clock_is_nobodys_latest_and_in_no_other_days_figures(
    says: str, cast: Cast, till: Till
) -> None:
    """Neither for the moment nor for ever: not of the store, not of its POS, and each of its pages opens."""
    odd = sell(till, cast.store, MILK, completed_at=says, started_at=says, offset_ms=None, business_date=says[:10])
    right = sell(till, cast.store, BREAD)
    row = row_of(dashboard(cast), cast.store)
    assert f'data-amount="{right.total}"' in row
    assert f"{says[:4]}-" not in row
    assert to_wire(right.corrected_at) in row
    pages = signed_in(cast.alice)
    page = pages.get(f"/manage/{cast.store.pk}/").content.decode()
    assert page.index(f"{right.pk}") < page.index(f"{odd.pk}") if says < "2000" else f"{odd.pk}" not in page
    for path in (f"receipts/{odd.pk}/", "receipts/?period=all", f"receipts/?period=date&on={says[:10]}", "exceptions/"):
        answer = pages.get(f"/manage/{cast.store.pk}/{path}")
        assert (path, answer.status_code) == (path, 200)
        assert str(odd.pk) in answer.content.decode()


def test_a_store_that_was_heard_in_the_future_is_grey(cast: Cast) -> None:
    """Our own clock ran a day ahead and was put back: nobody knows how old that word is."""
    heard_from(cast.store, age=-86_400)
    assert "0 of 2 stores sell" in dashboard(cast)
