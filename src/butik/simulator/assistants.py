"""Simulated shop assistants: who buys what, when, and how it is paid. Random, but the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from butik.pricing.price_list import PricedArticle, PriceList
from butik.simulator.sale_documents import BasketItem

# Customers an hour in a street shop that is open day and night: quiet nights, lunch, and the way home from work.
CUSTOMERS_BY_HOUR = (1, 1, 0, 0, 1, 3, 8, 14, 12, 9, 10, 14, 17, 13, 11, 14, 20, 22, 18, 13, 10, 8, 5, 3)
# Monday to Sunday, in hundredths of an ordinary day.
WEEKDAYS = (92, 90, 95, 102, 128, 118, 75)
CASH_SHARE = 0.22
FAVOURITES = 250  # articles that make up half of what is sold


@dataclass(frozen=True, slots=True)
class Customer:
    """One who comes to the till at `at`."""

    at: datetime
    basket: tuple[BasketItem, ...]
    pays_cash: bool


class NothingToSellError(Exception):
    """Said in the user's words."""


class Shoppers:
    """The customers of one store."""

    def __init__(self, prices: PriceList, seed: int, timezone: str = "Europe/Copenhagen") -> None:
        self._random = Random(seed)
        self.zone = ZoneInfo(timezone)
        self._prices = prices
        deposits = {id(prices.linked_to(article)) for article in prices.articles if article.linked is not None}
        self._sold = [
            article
            for article in prices.articles
            if article.price > 0 and not article.is_blocked and id(article) not in deposits
        ]
        if not self._sold:
            raise NothingToSellError("None of the articles can be sold: they are blocked, or have no price.")
        self._favourites = self._random.sample(self._sold, min(FAVOURITES, len(self._sold)))
        self._size = self._random.uniform(0.75, 1.25)  # one store is busier than another

    def between(self, start: datetime, end: datetime) -> Iterator[Customer]:
        """Those who come from `start` until before `end`, in order."""
        at, busiest = start, self._size * max(CUSTOMERS_BY_HOUR) * max(WEEKDAYS) / 100
        while True:
            # Drawn as if every hour were the busiest, then thinned out: a quiet night must not swallow the morning.
            at += timedelta(seconds=self._random.expovariate(busiest / 3600))
            if at >= end:
                return
            if self._random.random() * busiest < self._hourly_rate(at):
                yield self.next_customer(at)

    def next_customer(self, at: datetime) -> Customer:
        size = min(1 + int(self._random.expovariate(1 / 3.2)), 25)
        basket = tuple(self._pick() for _ in range(size))
        return Customer(at, basket, self._random.random() < CASH_SHARE)

    def pause(self, at: datetime, speed: float) -> float:
        """Seconds until the next customer, when time runs `speed` times as fast; at night nobody waits for ever."""
        return self._random.expovariate(max(self._hourly_rate(at), 15) * speed / 3600)

    def _hourly_rate(self, at: datetime) -> float:
        local = at.astimezone(self.zone)
        return max(CUSTOMERS_BY_HOUR[local.hour] * WEEKDAYS[local.weekday()] / 100 * self._size, 0.2)

    def _pick(self) -> BasketItem:
        article = self._random.choice(self._favourites if self._random.random() < 0.5 else self._sold)
        return BasketItem(article, self._quantity(article), self._prices.linked_to(article))

    def _quantity(self, article: PricedArticle) -> int:
        """Pieces in thousandths; of weighed goods what the scale says, in grams."""
        if article.unit != "PCS":
            return self._random.randrange(120, 1800)
        return self._random.choices((1000, 2000, 3000, 6000), weights=(80, 13, 4, 3))[0]
