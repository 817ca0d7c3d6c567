"""A price file as the simulated devices and the vault's examination read it."""

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from butik.lib.bounds import MAX_DOCUMENT
from butik.pricing import price_list
from butik.pricing.price_list import PricedArticle, PriceList

VECTOR = json.loads((Path(__file__).parents[4] / "tests" / "vectors" / "price_file.json").read_text(encoding="utf-8"))
FILE: dict[str, Any] = VECTOR["file"]
EMPTY: dict[str, Any] = {
    name: type(value)() if isinstance(value, str | list) else 0 for name, value in FILE.items()
} | {"format": FILE["format"]}


def packed(**changes: Any) -> bytes:
    return gzip.compress(msgspec.json.encode(FILE | changes))


def the_list(**changes: Any) -> PriceList:
    return PriceList(packed(**changes))


def test_its_articles_are_the_vector_s() -> None:
    prices = the_list()
    assert len(prices) == len(VECTOR["articles"])
    found = {article.number: article for article in prices.articles}
    assert found == {each["number"]: meant(each, found[each["number"]]) for each in VECTOR["articles"]}
    for each in VECTOR["articles"]:
        linked = prices.linked_to(found[each["number"]])
        assert (linked.number if linked else "") == (each["linked"] if each["linked"] in found else "")


def meant(article: dict[str, Any], found: PricedArticle) -> PricedArticle:
    numeric = [int(code) for code, _ in article["codes"] if code.isdigit() and len(code) < 17]
    return PricedArticle(
        number=article["number"],
        text=article["text"],
        price=article["price"],
        version=article["version"],
        vat_rate=article["vat_rate"],
        unit=article["unit"],
        group=article["group"],
        barcode=str(min(numeric)) if numeric else min((code for code, _ in article["codes"]), default=""),
        linked=found.linked,  # a place in the file; `linked_to` says whose
        age_limit=article["age_limit"],
        is_blocked=article["blocked"],
    )


def test_it_finds_an_article_by_each_of_its_codes() -> None:
    prices = the_list()
    for article in VECTOR["articles"]:
        for code, _ in article["codes"]:
            found = prices.find(code)
            assert found is not None
            assert found.number == article["number"]
            assert prices.find(f" 0{code}" if code.isdigit() else code.lower()) is found
    assert prices.find("5701234567890") is None
    assert prices.find("NO-SUCH-CODE") is None


def test_its_first_code_is_the_lowest_number_or_else_the_first_of_the_others() -> None:
    changes = {"barcodes": [30, 10, 10], "barcode_articles": [2, 0, 0]}
    prices = the_list(**changes, codes=[["AB-1", 4], ["AB-2", 4], ["CD-3", 2]], numbers="a\nb\nc\nd\ne\nf")
    assert [article.barcode for article in prices.articles] == ["", "", "30", "", "AB-1", ""]


def test_a_file_without_groups_has_articles_without() -> None:
    assert {article.group for article in the_list(groups=[], group=[]).articles} == {""}


def test_an_article_is_read_once() -> None:
    prices = the_list()
    assert prices.article(2) is prices.article(2) is prices.articles[2]


def test_a_file_of_no_articles_finds_nothing() -> None:
    prices = the_list(**EMPTY)
    assert (len(prices), prices.articles, prices.find("1"), prices.find("")) == (0, [], None, None)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"format": "butik-prices/2"}, "^price file of format butik-prices/2$"),
        ({"count": 5}, "^columns of different lengths$"),
        ({"count": 7}, "^columns of different lengths$"),
        ({"numbers": FILE["numbers"] + "\n"}, "^columns of different lengths$"),
        ({"texts": "x"}, "^columns of different lengths$"),
        ({"prices": FILE["prices"][1:]}, "^columns of different lengths$"),
        ({"versions": [*FILE["versions"], 1]}, "^columns of different lengths$"),
        ({"vat": FILE["vat"] + "0"}, "^columns of different lengths$"),
        ({"unit": FILE["unit"][1:]}, "^columns of different lengths$"),
        ({"group": FILE["group"][1:]}, "^columns of different lengths$"),
        ({"barcodes": [*FILE["barcodes"], 1]}, "^columns of different lengths$"),
        ({"barcode_articles": [0, 1, 1, 1, 3]}, "^a place outside the columns$"),
        ({"barcode_articles": [-1, 1, 1, 1, 1]}, "^a place outside the columns$"),
        ({"links": [[6, 0]]}, "^a place outside the columns$"),
        ({"links": [[0, 6]]}, "^a place outside the columns$"),
        ({"links": [[0, -1]]}, "^a place outside the columns$"),
        ({"links": [[-1, 0]]}, "^a place outside the columns$"),
        ({"age_limits": [[6, 18]]}, "^a place outside the columns$"),
        ({"blocked": [-1]}, "^a place outside the columns$"),
        ({"blocked": [6]}, "^a place outside the columns$"),
        ({"codes": [["AB-1", 6]]}, "^a place outside the columns$"),
        ({"count": "six"}, "count"),
    ],
)
def test_what_does_not_fit_together_is_no_price_file(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        the_list(**changes)


def test_the_first_and_the_last_place_may_be_named() -> None:
    prices = the_list(links=[[0, 5], [5, 0]], blocked=[0, 5], age_limits=[[0, 16], [5, 18]], codes=[["A", 0], ["B", 5]])
    first, last = prices.articles[0], prices.articles[5]
    assert (prices.linked_to(first), prices.linked_to(last)) == (last, first)
    assert (prices.find("A"), prices.find("B")) == (first, last)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\x1f\x8b", gzip.compress(b"[]"), gzip.compress(b"x")],
    ids=["nothing", "JSON", "two bytes", "packed JSON of another kind", "packed, but no JSON"],
)
def test_other_bytes_are_no_price_file(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^Expected|^Input|^JSON|packed price file"):
        PriceList(content)


def test_bytes_that_are_not_packed_are_named_so() -> None:
    with pytest.raises(ValueError, match=r"^not a packed price file$"):
        PriceList(b"no gzip at all")


@pytest.mark.parametrize(
    "content",
    [packed()[:-1], packed()[:-9], packed() + b"x", packed() + packed()],
    ids=["a byte short", "cut", "a byte behind", "twice"],
)
def test_a_file_that_is_cut_or_has_a_tail_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"^a packed price file that is cut, too large, or has something behind it$"):
        PriceList(content)


def test_it_may_be_larger_than_any_other_document() -> None:
    texts = "\n".join("x" * (MAX_DOCUMENT // 6 + 1) for _ in range(6))
    assert len(the_list(texts=texts)) == 6


def test_a_small_file_that_unpacks_to_more_than_a_device_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = len(gzip.decompress(packed()))
    monkeypatch.setattr(price_list, "LARGEST", plain)
    assert len(the_list()) == FILE["count"]
    monkeypatch.setattr(price_list, "LARGEST", plain - 1)
    with pytest.raises(ValueError, match="too large"):
        the_list()
