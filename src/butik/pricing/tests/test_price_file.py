"""The price file means to a device what the articles mean here."""

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.real_input import real_rows
from tests.support.shop import shop

from butik.articles.import_rows import Versioned
from butik.articles.rows import ArticleRow, shorten
from butik.lib.barcodes import check_digit, normalise_code
from butik.pricing.price_file import pack_prices, price_columns
from butik.pricing.price_list import PriceList

VECTOR = json.loads((Path(__file__).parents[4] / "tests" / "vectors" / "price_file.json").read_text(encoding="utf-8"))
Ask = Callable[[str, Any], Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    with shop() as asked:
        yield asked


def row(text: str, price: int, *codes: tuple[str, int], **other: Any) -> ArticleRow:
    given: dict[str, Any] = {
        "name": "", "group": "", "unit": "PCS", "vat_rate": 2500, "age_limit": None, "linked": "", "is_blocked": False,
    }  # fmt: skip
    return ArticleRow(text=text, price=price, codes=tuple(sorted(codes)), **(given | other))


def from_vector() -> Versioned:
    return {
        each["number"]: (
            row(
                each["text"],
                each["price"],
                *((code, quantity) for code, quantity in each["codes"]),
                group=each["group"],
                unit=each["unit"],
                vat_rate=each["vat_rate"],
                age_limit=each["age_limit"],
                linked=each["linked"],
                is_blocked=each["blocked"],
            ),
            each["version"],
        )
        for each in VECTOR["articles"]
    }


def test_the_shelf_is_what_the_articles_say() -> None:
    prices = PriceList(gzip.compress(json.dumps(VECTOR["file"]).encode()))
    said = [(each.number, each.price, each.vat_rate, not each.is_blocked) for each in prices.articles]
    assert list(prices.shelf()) == said
    assert len({sold for *_, sold in said}) == 2


@pytest.mark.parametrize(
    ("column", "values"), [("vat", "9"), ("vat", "x"), ("unit", "9"), ("group", [-1]), ("group", [99])]
)
def test_a_choice_that_is_not_offered_is_refused_wherever_it_stands(column: str, values: Any) -> None:
    """At the last article too, which no sample may meet."""
    file = VECTOR["file"]
    spoilt = file | {column: file[column][:-1] + values}
    with pytest.raises(ValueError, match=r"choice that is not offered|invalid literal"):
        PriceList(gzip.compress(json.dumps(spoilt).encode()))


def test_the_vector_s_articles_give_the_vector_s_columns() -> None:
    assert json.loads(json.dumps(price_columns(from_vector()))) == VECTOR["file"]


def test_the_app_finds_what_the_vector_says(ask: Ask) -> None:
    told = ask("prices", {"file": VECTOR["file"], "codes": [find["code"] for find in VECTOR["finds"]]})
    assert [_found(hit) for hit in told["hits"]] == [find["found"] for find in VECTOR["finds"]]


def _found(hit: Any) -> Any:
    if isinstance(hit, str):
        return None
    return {"number": hit["article"]["number"], "quantity": hit["quantity"], "measure": hit["measure"]}


texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=30)
codes = st.from_regex(r"[1-9][0-9]{0,15}|[A-Z]{2}-[0-9]{1,4}|[1-9][0-9]{18}", fullmatch=True)


@st.composite
def catalogues(draw: st.DrawFn) -> Versioned:
    numbers = draw(st.lists(codes, unique=True, max_size=12))
    free = draw(st.lists(codes, unique=True, max_size=20))
    articles: Versioned = {}
    for number in numbers:
        own = [free.pop() for _ in range(draw(st.integers(0, 3))) if free]
        named = own or ([number] if draw(st.booleans()) and number not in free else [])
        taken = {code for row, _ in articles.values() for code, _ in row.codes}
        quantity = draw(st.sampled_from([1000, 24_000]))
        articles[number] = (
            row(
                draw(texts).replace("\n", " "),
                draw(st.integers(0, 99_999_999)),
                *(
                    (code, quantity if code.isdigit() and len(code) < 16 else 1000)
                    for code in named
                    if code not in taken
                ),
                group=draw(st.sampled_from(["", "Mejeri", "Frugt & grønt"])),
                unit=draw(st.sampled_from(["PCS", "KG", "L"])),
                vat_rate=draw(st.sampled_from([2500, 0, 1200])),
                age_limit=draw(st.sampled_from([None, 16, 18])),
                linked=draw(st.sampled_from(["", *numbers])),
                is_blocked=draw(st.booleans()),
            ),
            draw(st.integers(1, 2**40)),
        )
    return articles


@settings(max_examples=150, deadline=None)
@given(articles=catalogues())
def test_the_app_reads_any_price_file_as_it_is_meant(ask: Ask, articles: Versioned) -> None:
    every_code = [(code, number) for number, (row, _) in articles.items() for code, _ in row.codes]
    packed = json.loads(gzip.decompress(pack_prices(articles).content))
    told = ask("prices", {"file": packed, "codes": [code for code, _ in every_code]})
    numbers = [each["number"] for each in told["articles"]]
    assert {each["number"]: _as_told(each, numbers) for each in told["articles"]} == {
        number: _as_meant(number, row, version, articles) for number, (row, version) in articles.items()
    }
    assert [(hit["article"]["number"], hit["quantity"]) for hit in told["hits"]] == [
        (number, dict(articles[number][0].codes)[code]) for code, number in every_code
    ]


def _as_told(article: dict[str, Any], numbers: list[str]) -> list[Any]:
    linked = "" if article["link"] is None else numbers[article["link"]]
    plain = ("text", "price", "version", "vatRate", "unit", "group", "ageLimit", "blocked")
    return [*(article[name] for name in plain), linked]


def _as_meant(number: str, row: ArticleRow, version: int, articles: Versioned) -> list[Any]:
    linked = row.linked if row.linked in articles and row.linked != number else ""
    plain = [row.text, row.price, version, row.vat_rate, row.unit, row.group, row.age_limit or 0, row.is_blocked]
    return [*plain, linked]


def test_the_same_articles_give_the_same_bytes_in_whatever_order_they_come() -> None:
    articles = from_vector()
    assert pack_prices(articles) == pack_prices(dict(reversed(articles.items())))


def test_a_real_chain_s_articles_take_few_bytes_each() -> None:
    rows = [row for row in real_rows("il_prices_2026-08-10_full") if row["chain"] == "Shufersal"]
    articles = {
        normalise_code(each["barcode"]): (
            row(shorten(each["name"]), round(float(each["price"]) * 100), (normalise_code(each["barcode"]), 1000)),
            version,
        )
        for version, each in enumerate(sorted(rows, key=lambda each: int(each["barcode"])))
    }
    packed = pack_prices(articles)
    assert packed.articles == 15_700
    assert len(packed.content) / packed.articles < 22


def test_what_is_packed_is_told_with_its_hash_and_its_number_of_articles() -> None:
    packed = pack_prices(from_vector())
    assert packed.sha256 == hashlib.sha256(packed.content).hexdigest()
    assert packed.articles == VECTOR["file"]["count"]


def test_the_same_articles_give_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pack_prices(from_vector())
    monkeypatch.setattr(time, "time", lambda: 1_900_000_000.0)
    assert pack_prices(from_vector()) == before


def test_ten_rates_are_told_apart() -> None:
    file = price_columns({str(rate): (row("x", 1, vat_rate=rate), 1) for rate in range(10)})
    assert [file["vat_rates"][int(place)] for place in file["vat"]] == list(range(10))


def test_more_than_ten_rates_are_not_cut_off_in_silence() -> None:
    with pytest.raises(ValueError, match="ten"):
        price_columns({str(rate): (row("x", 1, vat_rate=rate), 1) for rate in range(11)})


def test_a_label_needs_no_entry_of_its_own(ask: Ask) -> None:
    file = price_columns({"3000": (row("Bananer", 1995, ("12345", 1000), unit="KG"), 5)})
    body = "261234501250"
    (hit,) = ask("prices", {"file": file, "codes": [body + str(check_digit(body))]})["hits"]
    assert _found(hit) == {"number": "3000", "quantity": 1000, "measure": {"grams": 1250}}
