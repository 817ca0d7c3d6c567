"""Selling from a backup: prices are looked up and baskets rung up from the file that devices get, against the rows.

Pure. The device's side is the pricing engine over the price file; the other side is plain arithmetic over the rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Protocol

from butik.lib.money import included_vat, line_amount
from butik.pricing.engine import Line, price_sale
from butik.pricing.price_list import PricedArticle, PriceList
from butik.snapshot.format import Article, BadSnapshot

LOOK_UPS = 50
TRIED = 2000  # to find that many, in a file that is behind
BASKETS = 10
LINES = 8
PIECES = (1000, 1000, 1000, 2000, 3000, 12_000)  # thousandths
WEIGHTS = (234, 515, 1000, 1999)


class Rows(Protocol):
    """Where the rows of articles are looked up by their numbers."""

    def articles_numbered(self, numbers: Sequence[str]) -> Iterable[Article]: ...


def look_up(prices: PriceList, rows: Rows, *, is_current: bool, chance: Random) -> dict[int, Article]:
    """Compare sampled articles of the price file with the rows of the same version; return the rows by place.

    `is_current`: the file was published at the position of the rows, so that every row must be in it as it is. A file
    may also be a little behind: then an article may have changed or gone since, and another is looked up instead.
    """
    found: dict[int, Article] = {}
    places = chance.sample(range(len(prices)), min(len(prices), TRIED))
    for start in range(0, len(places), LOOK_UPS):
        tried = {place: prices.article(place) for place in places[start : start + LOOK_UPS]}
        kept = {each.number: each for each in rows.articles_numbered([each.number for each in tried.values()])}
        for place, priced in tried.items():
            row = kept.get(priced.number)
            if row is not None and row.version == priced.version:
                _compare(priced, row)
                found[place] = row
            elif is_current or (row is not None and row.version < priced.version):
                raise BadSnapshot("an article of the price file is not that of the rows")
            if len(found) == LOOK_UPS:
                return found
    return found


def _compare(priced: PricedArticle, row: Article) -> None:
    sold = (priced.text, priced.price, priced.vat_rate, priced.unit, priced.is_blocked, priced.age_limit or None)
    kept = (row.text, row.price, row.vat_rate, row.unit, row.blocked, row.age_limit or None)
    if sold != kept:
        raise BadSnapshot("a price of the price file is not that of its article")


def sell_baskets(prices: PriceList, found: Mapping[int, Article], chance: Random) -> int:
    """Ring up baskets of what was looked up and may be sold; return how many."""
    rows = {row.number: row for row in found.values()}
    goods = [article for article in map(prices.article, found) if not article.is_blocked]
    if not goods:
        raise BadSnapshot("nothing in it may be sold")
    for _ in range(BASKETS):
        basket = [_pick(chance.choice(goods), chance) for _ in range(chance.randint(1, LINES))]
        sale = price_sale([Line(each.price, quantity, each.vat_rate) for each, quantity in basket])
        due: dict[int, int] = defaultdict(int)
        for each, quantity in basket:
            row = rows[each.number]
            due[row.vat_rate] += line_amount(row.price, quantity)
        vat = {rate: (gross, included_vat(gross, rate)) for rate, gross in due.items()}
        if sale.total != sum(due.values()) or {each.rate: (each.gross, each.vat) for each in sale.vat} != vat:
            raise BadSnapshot("a basket does not come to what its articles cost")
    return BASKETS


def _pick(article: PricedArticle, chance: Random) -> tuple[PricedArticle, int]:
    return article, chance.choice(PIECES if article.unit == "PCS" else WEIGHTS)
