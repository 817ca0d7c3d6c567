"""Receipt search of one store, and one receipt in two columns."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.cast import Cast, sell, signed_in
from tests.support.till import BREAD, MILK, Till

from butik.lib.clock import now
from butik.sales.models import Sale
from butik.store_management.readings import business_date

HOSTILE = ("1002", "<img src=x onerror=a>", 100)


def found(cast: Cast, **query: str) -> list[str]:
    response = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/", query)
    assert response.status_code == 200
    return re.findall(r">(12-3-N1-\d{6})<", response.content.decode())


def yesterday(cast: Cast) -> date:
    return business_date(cast.store, now()) - timedelta(days=1)


@pytest.fixture
def sold(cast: Cast, till: Till) -> list[Sale]:
    """One of yesterday, two of today."""
    return [
        sell(till, cast.store, MILK, business_date=yesterday(cast).isoformat()),
        sell(till, cast.store, BREAD),
        sell(till, cast.store, MILK, BREAD),
    ]


def test_it_shows_todays_receipts_newest_first(cast: Cast, sold: list[Sale]) -> None:
    assert found(cast) == ["12-3-N1-000003", "12-3-N1-000002"]


def test_it_looks_on_other_days(cast: Cast, sold: list[Sale]) -> None:
    day, today = yesterday(cast).isoformat(), business_date(cast.store, now()).isoformat()
    assert found(cast, period="yesterday") == ["12-3-N1-000001"]
    assert found(cast, period="date", on=day) == ["12-3-N1-000001"]
    assert found(cast, period="range", since=day, until=day) == ["12-3-N1-000001"]
    assert found(cast, period="range", since=today, until=today) == ["12-3-N1-000003", "12-3-N1-000002"]
    assert found(cast, period="range", since=day, until=today) == [f"12-3-N1-00000{n}" for n in (3, 2, 1)]
    assert found(cast, period="all") == [f"12-3-N1-00000{n}" for n in (3, 2, 1)]


@pytest.mark.parametrize(
    ("words", "counters"), [("12-3-N1-000002", [2]), ("37,90", [3]), ("rugb", [3, 2]), ("RUGBRØD", [3, 2]), ("x", [])]
)
def test_it_finds_by_number_amount_and_text(words: str, counters: list[int], cast: Cast, sold: list[Sale]) -> None:
    assert found(cast, q=words) == [f"12-3-N1-{counter:06d}" for counter in counters]


def test_nothing_found_offers_to_look_on_all_days(cast: Cast, sold: list[Sale]) -> None:
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/", {"q": "12-3-N1-000001"}).content.decode()
    assert "No receipt fits." in page
    assert "?q=12-3-N1-000001&amp;period=all" in page


def test_the_filter_stays_in_the_address(cast: Cast, sold: list[Sale]) -> None:
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/?q=rugb&period=all").content.decode()
    assert 'value="rugb"' in page
    assert '<option value="all" selected>' in page


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ({"period": "date", "on": "31.02.2026"}, "Enter a valid date."),
        ({"period": "range", "since": "2026-11-21", "until": "2026-11-01"}, "The end lies before the beginning."),
        ({"period": "ever"}, "ever"),
        ({"q": "x" * 31}, "at most 30"),
    ],
)
def test_it_says_what_is_wrong_with_the_filter(query: dict[str, str], complaint: str, cast: Cast) -> None:
    response = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/", query)
    assert response.status_code == 422
    assert complaint in response.content.decode()


def test_it_goes_on_where_the_page_ended(cast: Cast, till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butik.lib.paging.SIZE", 2)
    client = signed_in(cast.bob)
    for _ in range(5):
        sell(till, cast.store, MILK)
    seen: list[str] = []
    address = f"/manage/{cast.store.pk}/receipts/"
    for _ in range(3):
        page = client.get(address).content.decode()
        seen += re.findall(r">(12-3-N1-\d{6})<", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [f"12-3-N1-00000{n}" for n in (5, 4, 3, 2, 1)]
    assert address == ""


def test_more_receipts_take_no_more_queries(cast: Cast, till: Till) -> None:
    client, address = signed_in(cast.bob), f"/manage/{cast.store.pk}/receipts/?q=milk"
    sell(till, cast.store, MILK)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(5):
        sell(till, cast.store, MILK)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)
    if connection.vendor == "sqlite":
        assert len(few) <= 7


def test_a_receipt_shows_the_technical_log_and_what_the_customer_saw(cast: Cast, sold: list[Sale]) -> None:
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/{sold[2].pk}/").content.decode()
    technical, seen = page.split("What the customer saw")
    assert sold[2].hash in technical
    assert "As the device signed it" in technical
    assert "MINIMÆLK 1L" in seen
    assert "37.90" in seen
    assert "VAT 25 % of 37.90" in seen
    assert "COPY" in seen
    assert "12-3-N1-000003" in seen


def test_hostile_text_is_escaped(cast: Cast, till: Till) -> None:
    sale = sell(till, cast.store, HOSTILE)
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/{sale.pk}/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=a&gt;" in page


def test_what_is_odd_stands_above_it(cast: Cast, till: Till) -> None:
    sale = sell(till, cast.store, MILK, total=1)
    page = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/{sale.pk}/").content.decode()
    assert "Sums do not add up" in page


@pytest.mark.parametrize("rest", ["", "{}/"])
def test_it_refuses_other_methods(rest: str, cast: Cast, sold: list[Sale]) -> None:
    address = f"/manage/{cast.store.pk}/receipts/" + rest.format(sold[0].pk)
    assert signed_in(cast.bob).post(address).status_code == 405


@pytest.mark.parametrize("rest", ["", "{}/"])
def test_strangers_find_nothing(rest: str, cast: Cast, sold: list[Sale]) -> None:
    address = f"/manage/{cast.store.pk}/receipts/" + rest.format(sold[0].pk)
    assert signed_in(cast.charlie).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_a_receipt_of_another_store_is_not_found_here(cast: Cast, sold: list[Sale]) -> None:
    other = f"/manage/{cast.sister.store.pk}/receipts/{sold[0].pk}/"
    assert signed_in(cast.alice).get(other).status_code == 404


def test_nobody_sees_them_without_a_level(nobody: Client, cast: Cast) -> None:
    assert nobody.get(f"/manage/{cast.store.pk}/receipts/").status_code == 403


def test_printing_is_of_the_customers_column_alone(cast: Cast, sold: list[Sale]) -> None:
    page: Any = signed_in(cast.bob).get(f"/manage/{cast.store.pk}/receipts/{sold[0].pk}/").content.decode()
    assert "data-print" in page
    assert 'class="row row-cards print-only-receipt"' in page
