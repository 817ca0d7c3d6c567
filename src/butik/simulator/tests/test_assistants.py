"""Simulated customers."""

import gzip
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from butik.pricing.price_list import PriceList
from butik.simulator.assistants import Customer, NothingToSellError, Shoppers

MIDNIGHT = datetime(2026, 11, 19, 23, 0, tzinfo=UTC)  # of a Friday in Copenhagen


def price_list(count: int = 40, blocked: int = 4) -> PriceList:
    file: dict[str, object] = {
        "format": "butik-prices/1",
        "count": count,
        "numbers": "\n".join("" for _ in range(count)),
        "texts": "\n".join(f"VARE {place}" for place in range(count)),
        "prices": [1000 + place for place in range(count)],
        "versions": [1] + [0] * (count - 1),
        "vat_rates": [2500],
        "vat": "0" * count,
        "units": ["PCS", "KG"],
        "unit": "0" * (count - 1) + "1",
        "groups": ["Prøve"],
        "group": [0] * count,
        "barcodes": [5700000000000] + [10] * (count - 1),
        "barcode_articles": [0] + [1] * (count - 1),
        "barcode_quantities": [],
        "codes": [["ABC-1", 3]] if count > 3 else [],
        "age_limits": [[2, 18]] if count > 2 else [],
        "links": [[1, 0]] if count > 1 else [],
        "blocked": [blocked],
    }
    return PriceList(gzip.compress(msgspec.json.encode(file)))


def test_a_price_list_finds_an_article_by_each_of_its_codes() -> None:
    prices = price_list()
    found = prices.find("5700000000030")
    assert found is prices.find("05700000000030") is prices.find("ABC-1")
    assert found is not None
    assert (found.number, found.text, found.price, found.version) == ("5700000000030", "VARE 3", 1003, 1)
    assert prices.find("5700000000031") is None


def test_they_buy_what_may_be_sold_with_its_deposit() -> None:
    prices = price_list()
    blocked, deposit = prices.articles[4], prices.articles[0]
    bought = [item for customer in _day(prices) for item in customer.basket]
    assert bought
    assert all(item.article not in (blocked, deposit) for item in bought)
    assert all((item.deposit is deposit) == (item.article is prices.articles[1]) for item in bought)


def test_they_come_by_day_rather_than_by_night() -> None:
    hours = [(customer.at + timedelta(hours=1)).hour for customer in _day(price_list())]
    assert sum(7 <= hour < 21 for hour in hours) > 0.8 * len(hours)
    assert 120 < len(hours) < 500


def test_they_are_the_same_for_the_same_seed() -> None:
    prices = price_list()
    assert _day(prices, seed=1) == _day(prices, seed=1)
    assert _day(prices, seed=1) != _day(prices, seed=2)


def test_an_empty_price_file_is_said_so() -> None:
    with pytest.raises(NothingToSellError):
        Shoppers(price_list(count=1, blocked=0), seed=1)


def _day(prices: PriceList, seed: int = 3) -> list[Customer]:
    return list(Shoppers(prices, seed).between(MIDNIGHT, MIDNIGHT + timedelta(days=1)))
