"""The price file that a device sells from: columns of a store's articles, packed (docs/formats/pos-api.md). Pure."""

import gzip
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from butik.articles.import_rows import Versioned
from butik.articles.rows import ArticleRow, price_file_order
from butik.lib.barcodes import LABEL_RULES, numeric_value

FORMAT = "butik-prices/1"


@dataclass(frozen=True, slots=True)
class PackedPrices:
    content: bytes
    sha256: str
    articles: int


def pack_prices(articles: Versioned) -> PackedPrices:
    # mtime 0: the same articles give the same bytes, and bytes are what a version is known by
    content = gzip.compress(msgspec.json.encode(price_columns(articles)), 9, mtime=0)
    return PackedPrices(content, hashlib.sha256(content).hexdigest(), len(articles))


def price_columns(articles: Versioned) -> dict[str, Any]:
    order = sorted(((number, row) for number, (row, _) in articles.items()), key=price_file_order)
    index = {number: place for place, (number, _) in enumerate(order)}
    rows = [row for _, row in order]
    barcodes = sorted(
        (value, index[number], quantity)
        for number, row in order
        for code, quantity in row.codes
        if (value := numeric_value(code)) is not None
    )
    vat_rates, vat = _dictionary([row.vat_rate for row in rows])
    units, unit = _dictionary([row.unit for row in rows])
    groups, group = _dictionary([row.group for row in rows])
    if len(vat_rates) > 10:
        raise ValueError(f"{len(vat_rates)} VAT rates; a price file tells ten apart.")
    return {
        "format": FORMAT,
        "count": len(rows),
        "numbers": "\n".join(_shown_number(number, row) for number, row in order),
        "texts": "\n".join(row.text for row in rows),
        "prices": [row.price for row in rows],
        "versions": _differences([articles[number][1] for number, _ in order]),
        "vat_rates": vat_rates,
        "vat": "".join(map(str, vat)),
        "units": units,
        "unit": "".join(map(str, unit)),
        "groups": groups,
        "group": group,
        "barcodes": _differences([value for value, _, _ in barcodes]),
        "barcode_articles": _differences([place for _, place, _ in barcodes]),
        "barcode_quantities": [
            [place, quantity] for place, (_, _, quantity) in enumerate(barcodes) if quantity != 1000
        ],
        "codes": [
            [code, index[number]] for number, row in order for code, _ in row.codes if numeric_value(code) is None
        ],
        "age_limits": [[place, row.age_limit] for place, row in enumerate(rows) if row.age_limit],
        "links": [
            [place, index[row.linked]]
            for place, row in enumerate(rows)
            if row.linked in index and index[row.linked] != place
        ],
        "blocked": [place for place, row in enumerate(rows) if row.is_blocked],
        "labels": LABEL_RULES,
    }


def _shown_number(number: str, row: ArticleRow) -> str:
    """Empty when it is the digits of the article's first barcode: then they need not be told twice."""
    values = [value for code, _ in row.codes if (value := numeric_value(code)) is not None]
    return "" if values and number == str(min(values)) else number


def _dictionary(values: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The different values, the commonest first, and for each value its place among them."""
    known = [value for value, _ in sorted(Counter(values).items(), key=lambda each: (-each[1], str(each[0])))]
    places = {value: place for place, value in enumerate(known)}
    return known, [places[value] for value in values]


def _differences(values: Iterable[int]) -> list[int]:
    return [after - before for before, after in pairwise((0, *values))]
