"""The price file as a device reads it: columns in, articles by code out. Pure."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import msgspec

from butik.lib.barcodes import is_digits, normalise_code
from butik.lib.outside import BadDocument, read_as

FORMAT = "butik-prices/1"
LARGEST = 128 * 1024 * 1024  # bytes unpacked; 75,000 articles are 7 MB


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
    """The articles of one price file; `find` as a scanner asks, `articles` as an assistant's memory has them.

    Raises ValueError for what is no price file, and IndexError for what its rows lack.
    """

    def __init__(self, content: bytes) -> None:
        file = _read(_unpack(content))
        if file.format != FORMAT:
            raise ValueError(f"price file of format {file.format}")
        self._file = file
        self._numbers, self._texts = (text.split("\n") if file.count else [] for text in (file.numbers, file.texts))
        self._versions = list(accumulate(file.versions))
        self._links, self._ages, self._blocked = dict(file.links), dict(file.age_limits), set(file.blocked)
        self._places = list(accumulate(file.barcode_articles))
        self._check_columns(self._places)
        self._articles: dict[int, PricedArticle] = {}

    def _check_columns(self, places: list[int]) -> None:
        """One entry an article in each column, and no place outside: negative ones would count from the end."""
        file = self._file
        if len(places) != len(file.barcodes):
            raise ValueError("columns of different lengths")
        columns = (self._numbers, self._texts, file.prices, self._versions, file.vat, file.unit)
        if any(len(column) != file.count for column in columns) or len(file.group) not in {0, file.count}:
            raise ValueError("columns of different lengths")
        named = (
            places,
            self._links,
            self._links.values(),
            self._ages,
            self._blocked,
            [place for _, place in file.codes],
        )
        if any(column and not 0 <= min(column) <= max(column) < file.count for column in named):
            raise ValueError("a place outside the columns")
        choices = (
            (map(int, set(file.vat)), file.vat_rates),
            (map(int, set(file.unit)), file.units),
            (set(file.group), file.groups),
        )
        if any(not 0 <= each < len(offered) for chosen, offered in choices for each in chosen):
            raise ValueError("a choice that is not offered")

    def __len__(self) -> int:
        return self._file.count

    @cached_property
    def _first_codes(self) -> dict[int, int | str]:
        """By place. The first code of an article is the lowest one: they are laid down backwards, so it comes last."""
        first: dict[int, int | str] = {place: code for code, place in reversed(self._file.codes)}
        return first | dict(zip(reversed(self._places), reversed(self._codes), strict=True))

    @cached_property
    def _codes(self) -> list[int]:
        return list(accumulate(self._file.barcodes))

    @cached_property
    def _by_code(self) -> dict[int | str, int]:
        found: dict[int | str, int] = dict(zip(self._codes, self._places, strict=True))
        return found | {int(code) if is_digits(code) else code: place for code, place in self._file.codes}

    @cached_property
    def articles(self) -> list[PricedArticle]:
        return [self.article(place) for place in range(len(self))]

    def shelf(self) -> Iterator[tuple[str, int, int, bool]]:
        """Number, price, VAT rate and whether it is sold, of each in turn; without making all the articles."""
        file, blocked = self._file, self._blocked
        for place, (number, price, vat) in enumerate(zip(self._numbers, file.prices, file.vat, strict=True)):
            yield number or str(self._first_codes.get(place, "")), price, file.vat_rates[int(vat)], place not in blocked

    def article(self, place: int) -> PricedArticle:
        """The one at a place among all; made when it is first asked for, since a till sells few of them."""
        if place not in self._articles:
            self._articles[place] = self._read(place)
        return self._articles[place]

    def _read(self, place: int) -> PricedArticle:
        file, first_code = self._file, str(self._first_codes.get(place, ""))
        return PricedArticle(
            number=self._numbers[place] or first_code,
            text=self._texts[place],
            price=file.prices[place],
            version=self._versions[place],
            vat_rate=file.vat_rates[int(file.vat[place])],
            unit=file.units[int(file.unit[place])],
            group=file.groups[file.group[place]] if file.groups else "",
            barcode=first_code,
            linked=self._links.get(place),
            age_limit=self._ages.get(place),
            is_blocked=place in self._blocked,
        )

    def find(self, code: str) -> PricedArticle | None:
        normal = normalise_code(code)
        place = self._by_code.get(int(normal) if is_digits(normal) else normal)
        return None if place is None else self.article(place)

    def linked_to(self, article: PricedArticle) -> PricedArticle | None:
        return None if article.linked is None else self.article(article.linked)


def _read(plain: bytes) -> PriceFile:
    try:
        return read_as(plain, PriceFile, limit=LARGEST)
    except BadDocument as error:
        raise ValueError(str(error)) from error


def _unpack(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, LARGEST)
    except zlib.error as error:
        raise ValueError("not a packed price file") from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("a packed price file that is cut, too large, or has something behind it")
    return plain
