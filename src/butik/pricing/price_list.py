"""The price file as a device reads it: columns in, articles by code out. Pure."""

import gzip
from dataclasses import dataclass
from itertools import accumulate

import msgspec

FORMAT = "butik-prices/1"


class PriceFile(msgspec.Struct, frozen=True):
    format: str
    count: int
    numbers: str
    texts: str
    prices: list[int]
    versions: list[int]
    vat_rates: list[int]
    vat: str
    units: list[str]
    unit: str
    groups: list[str]
    group: list[int]
    barcodes: list[int]
    barcode_articles: list[int]
    barcode_quantities: list[tuple[int, int]]
    codes: list[tuple[str, int]]
    age_limits: list[tuple[int, int]]
    links: list[tuple[int, int]]
    blocked: list[int]


@dataclass(frozen=True, slots=True)
class PricedArticle:
    """An article as it can be sold now."""

    number: str
    text: str
    price: int
    version: int
    vat_rate: int
    unit: str
    group: str
    barcode: str
    linked: int | None
    age_limit: int | None
    is_blocked: bool


class PriceList:
    """The articles of one price file; `find` as a scanner asks, `articles` as an assistant's memory has them."""

    def __init__(self, content: bytes) -> None:
        file = msgspec.json.decode(gzip.decompress(content), type=PriceFile)
        if file.format != FORMAT:
            raise ValueError(f"price file of format {file.format}")
        codes = list(accumulate(file.barcodes))
        places = list(accumulate(file.barcode_articles))
        first_codes: dict[int, str] = {}
        for code, place in zip(codes, places, strict=True):
            first_codes.setdefault(place, str(code))
        first_codes |= {place: code for code, place in file.codes if place not in first_codes}
        self.articles = _articles(file, first_codes)
        self._by_code = dict(zip(map(str, codes), places, strict=True)) | dict(file.codes)

    def find(self, code: str) -> PricedArticle | None:
        place = self._by_code.get(code.lstrip("0") if code.isdigit() else code)
        return None if place is None else self.articles[place]

    def linked_to(self, article: PricedArticle) -> PricedArticle | None:
        return None if article.linked is None else self.articles[article.linked]


def _articles(file: PriceFile, first_codes: dict[int, str]) -> list[PricedArticle]:
    numbers, texts = file.numbers.split("\n"), file.texts.split("\n")
    versions = list(accumulate(file.versions))
    links, ages, blocked = dict(file.links), dict(file.age_limits), set(file.blocked)
    return [
        PricedArticle(
            number=numbers[place] or first_codes[place],
            text=texts[place],
            price=file.prices[place],
            version=versions[place],
            vat_rate=file.vat_rates[int(file.vat[place])],
            unit=file.units[int(file.unit[place])],
            group=file.groups[file.group[place]] if file.groups else "",
            barcode=first_codes.get(place, ""),
            linked=links.get(place),
            age_limit=ages.get(place),
            is_blocked=place in blocked,
        )
        for place in range(file.count)
    ]
