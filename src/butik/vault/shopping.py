"""Selling from a backup: prices are looked up and baskets rung up from the file that devices get, against the rows.

Pure. The device's side is the pricing engine over the price file; the other side is plain arithmetic over the rows.
"""

from collections import defaultdict
from collections.abc import Mapping
from random import Random

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


def look_up(prices: PriceList, articles: Mapping[str, Article], *, is_current: bool, chance: Random) -> list[int]:
    """Compare sampled articles of the price file with the rows of the same version; return their places.

    `is_current`: the file was published at the position of the rows, so that every row must be in it as it is. A file
    may also be a little behind: then an article may have changed or gone since, and another is looked up instead.
    """
    if is_current and len(prices) != len(articles):
        raise BadSnapshot("the price file has not the articles of the rows")
    found: list[int] = []
    for place in chance.sample(range(len(prices)), min(len(prices), TRIED)):
        priced = prices.article(place)
        row = articles.get(priced.number)
        if row is not None and row.version == priced.version:
            _compare(priced, row)
            found.append(place)
        elif is_current or (row is not None and row.version < priced.version):
            raise BadSnapshot("an article of the price file is not that of the rows")
        if len(found) == LOOK_UPS:
            break
    return found


def _compare(priced: PricedArticle, row: Article) -> None:
    sold = (priced.text, priced.price, priced.vat_rate, priced.unit, priced.is_blocked, priced.age_limit or None)
    kept = (row.text, row.price, row.vat_rate, row.unit, row.blocked, row.age_limit or None)
    if sold != kept:
        raise BadSnapshot("a price of the price file is not that of its article")


def sell_baskets(prices: PriceList, places: list[int], articles: Mapping[str, Article], chance: Random) -> int:
    """Ring up baskets of what was looked up and may be sold; return how many."""
    goods = [article for article in map(prices.article, places) if not article.is_blocked]
    if not goods:
        raise BadSnapshot("nothing in it may be sold")
    for _ in range(BASKETS):
        basket = [_pick(chance.choice(goods), chance) for _ in range(chance.randint(1, LINES))]
        sale = price_sale([Line(each.price, quantity, each.vat_rate) for each, quantity in basket])
        due: dict[int, int] = defaultdict(int)
        for each, quantity in basket:
            row = articles[each.number]
            due[row.vat_rate] += line_amount(row.price, quantity)
        vat = {rate: (gross, included_vat(gross, rate)) for rate, gross in due.items()}
        if sale.total != sum(due.values()) or {each.rate: (each.gross, each.vat) for each in sale.vat} != vat:
            raise BadSnapshot("a basket does not come to what its articles cost")
    return BASKETS


def _pick(article: PricedArticle, chance: Random) -> tuple[PricedArticle, int]:
    return article, chance.choice(PIECES if article.unit == "PCS" else WEIGHTS)
