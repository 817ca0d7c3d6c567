"""A Danish catalogue from a seed: the same seed and size give the same articles, byte for byte."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from butik.lib.barcodes import check_digit
from butik.lib.command_line import Parser
from butik.simulator.catalogue_words import (
    BRANDS,
    DELICATESSEN,
    DEPOSITS,
    EDITIONS,
    FRUIT,
    KINDS,
    NEWSPAPERS,
    Kind,
)

RECEIPT_TEXT_LENGTH = 30
DEPOSIT_NUMBERS = {letter: f"90000{place}" for place, (letter, _) in enumerate(DEPOSITS, 1)}
COLUMNS = (
    "number",
    "barcode",
    "name",
    "receipt_text",
    "group",
    "unit",
    "price",
    "vat_rate",
    "age_limit",
    "linked_number",
)


@dataclass(frozen=True, slots=True)
class GeneratedArticle:
    """An article as its line in the file has it; `price` in øre, `vat_rate` in hundredths of a percent."""

    number: str
    barcode: str
    name: str
    receipt_text: str
    group: str
    unit: str
    price: int
    vat_rate: int = 2500
    age_limit: int | None = None
    linked_number: str = ""


def generate_catalogue(size: int = 2000, seed: int = 57) -> list[GeneratedArticle]:
    """Make `size` articles: the fixed ones (deposits, weighed goods, newspapers) first, then kind by kind in turn."""
    random = Random(seed)
    fixed = [*_deposits(), *_weighed(), *_newspapers()]
    if size < len(fixed):
        raise ValueError(f"A catalogue has at least {len(fixed)} articles.")
    barcodes = _Barcodes(random)
    articles = fixed
    for number, (kind, brand, variant, size_text) in enumerate(_combinations(random), 100_001):
        if len(articles) >= size:
            return articles
        articles.append(_compose(str(number), barcodes, random, kind, brand, variant, size_text))
    raise ValueError(f"The words make no more than {len(articles)} articles.")


def write_csv(articles: Iterable[GeneratedArticle], path: Path) -> None:
    """Write the file that a person would import: UTF-8, semicolons, decimal comma, as Danish spreadsheets make it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows(_row(article) for article in articles)


def _row(article: GeneratedArticle) -> tuple[str, ...]:
    return (
        article.number,
        article.barcode,
        article.name,
        article.receipt_text,
        article.group,
        article.unit,
        f"{article.price // 100},{article.price % 100:02d}",
        f"{article.vat_rate // 100}",
        "" if article.age_limit is None else str(article.age_limit),
        article.linked_number,
    )


def weighed_barcode(code: str, grams: int) -> str:
    """What a scale prints for a weighed article: 26, its five-digit code, the weight, the check digit."""
    body = f"26{code:0>5}{grams:05d}"
    return f"{body}{check_digit(body)}"


class _Barcodes:
    """Numbers that were not given before: each brand has its own company prefix, and leaves gaps as real ones do."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._given: set[str] = set()
        # more article numbers than one prefix holds: a brand's next prefix follows when the first is half full
        self._prefixes = {brand: random.sample(range(10_000, 100_000), 4) for brand in BRANDS}

    def give(self, brand: str) -> str:
        while True:
            code = self._draw(brand)
            if code not in self._given:
                self._given.add(code)
                return code

    def _draw(self, brand: str) -> str:
        place = self._random.random()
        company = self._random.choice(next(self._prefixes[name] for name in BRANDS if brand.startswith(name)))
        if place < 0.03:  # EAN-8 of a Danish member
            body = f"57{self._random.randrange(100_000):05d}"
        elif place < 0.06:  # UPC-A: imported goods, written without the leading zero
            body = f"{600_000 + company % 100_000:06d}{self._random.randrange(100_000):05d}"
        else:
            body = f"57{company}{self._random.randrange(100_000):05d}"
        return f"{body}{check_digit(body)}"


def _combinations(random: Random) -> Iterator[tuple[Kind, str, str, str]]:
    """Kinds in turn, each with its brands, variants and sizes in an order of its own, until all words are used."""
    editions = [f"{brand} {edition}" for brand in BRANDS for edition in EDITIONS]
    queues: list[tuple[Kind, list[tuple[str, str, str]]]] = []
    for kind in KINDS:
        plain, better = (list(product(names, kind.variants, kind.sizes)) for names in (BRANDS, editions))
        random.shuffle(plain)
        random.shuffle(better)
        queues.append((kind, better + plain))  # taken from the end
    while queues:
        for kind, combinations in queues:
            yield (kind, *combinations.pop())
        queues = [queue for queue in queues if queue[1]]


def _compose(
    number: str, barcodes: _Barcodes, random: Random, kind: Kind, brand: str, variant: str, size: str
) -> GeneratedArticle:
    words = " ".join(word for word in (kind.name, variant, size) if word)
    place = kind.sizes.index(size)
    price = kind.price * (100 + 70 * place) // 100 * random.randrange(80, 131) // 100
    return GeneratedArticle(
        number=number,
        barcode=barcodes.give(brand),
        name=f"{brand} {words}",
        receipt_text=_receipt_text(brand, words),
        group=kind.group,
        unit=kind.unit,
        price=_plausible(price),
        vat_rate=kind.vat_rate,
        age_limit=kind.age_limit,
        linked_number=DEPOSIT_NUMBERS.get(kind.deposit, ""),
    )


def _receipt_text(brand: str, words: str) -> str:
    """Upper case as tills print it; the brand gives way first, then the end."""
    for text in (f"{words} {brand}", f"{words} {brand.split()[0][:5]}", words):
        if len(text) <= RECEIPT_TEXT_LENGTH:
            return text.upper()
    return words[:RECEIPT_TEXT_LENGTH].rstrip().upper()


def _plausible(price: int) -> int:
    """Prices end as shops like them: 50 øre or 95 øre below 100 kroner, whole fives above."""
    if price >= 10_000:
        return price // 500 * 500
    kroner, rest = divmod(price, 100)
    return kroner * 100 + (50 if rest < 50 else 95)


def _deposits() -> Iterator[GeneratedArticle]:
    for letter, price in DEPOSITS:
        yield GeneratedArticle(
            number=DEPOSIT_NUMBERS[letter],
            barcode="",
            name=f"Pant {letter}",
            receipt_text=f"PANT {letter}",
            group="Pant",
            unit="PCS",
            price=price,
        )


def _weighed() -> Iterator[GeneratedArticle]:
    """Loose goods: the short code is number and barcode; the price is for a kilo."""
    for first, group, goods in ((2001, "Frugt og grønt", FRUIT), (2101, "Delikatesse", DELICATESSEN)):
        for code, (name, price) in enumerate(goods, first):
            yield GeneratedArticle(
                number=str(code),
                barcode=str(code),
                name=f"{name} løs vægt",
                receipt_text=name.upper(),
                group=group,
                unit="KG",
                price=price,
            )


def _newspapers() -> Iterator[GeneratedArticle]:
    """Newspapers bear no VAT in Denmark."""
    for place, (title, price) in enumerate(zip(NEWSPAPERS, range(2500, 4500, 250), strict=True), 1):
        body = f"57799990{place:02d}00"
        yield GeneratedArticle(
            number=f"80000{place}",
            barcode=f"{body}{check_digit(body)}",
            name=title,
            receipt_text=title.upper(),
            group="Aviser",
            unit="PCS",
            price=price,
            vat_rate=0,
        )


def generate_articles(arguments: list[str]) -> int:
    """`butik generate_articles FILE`."""
    parser = Parser(prog="butik generate_articles", description="Write a generated Danish catalogue.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--size", type=int, default=2000, help="number of articles")
    parser.add_argument("--seed", type=int, default=57, help="another seed makes another catalogue")
    options = parser.parse_args(arguments)
    write_csv(generate_catalogue(options.size, options.seed), options.file)
    return 0
