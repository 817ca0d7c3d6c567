"""The generated catalogue."""

import csv
from pathlib import Path

import pytest
from biip.gtin import Gtin, GtinFormat
from biip.rcn import Rcn

from butik.simulator.catalogue import (
    RECEIPT_TEXT_LENGTH,
    GeneratedArticle,
    generate_catalogue,
    weighed_barcode,
    write_csv,
)


def test_it_is_the_same_for_the_same_seed() -> None:
    assert generate_catalogue(300, seed=1) == generate_catalogue(300, seed=1)
    assert generate_catalogue(300, seed=1) != generate_catalogue(300, seed=2)


@pytest.fixture(scope="module")
def large() -> list[GeneratedArticle]:
    return generate_catalogue(75_000)


def test_it_grows_to_the_size_of_a_large_chain(large: list[GeneratedArticle]) -> None:
    articles = large
    assert len(articles) == 75_000
    assert len({article.number for article in articles}) == 75_000
    barcodes = [article.barcode for article in articles if article.barcode]
    assert len(set(barcodes)) == len(barcodes)


def test_its_barcodes_are_real_ones() -> None:
    packed = [article for article in generate_catalogue(2000) if article.barcode and article.unit == "PCS"]
    formats = {Gtin.parse(article.barcode).format for article in packed}  # parse refuses a bad check digit
    assert formats == {GtinFormat.GTIN_8, GtinFormat.GTIN_12, GtinFormat.GTIN_13}


def test_it_has_what_a_till_must_be_able_to_do() -> None:
    articles = generate_catalogue(2000)
    by_number = {article.number: article for article in articles}
    assert {article.vat_rate for article in articles} == {2500, 0}
    assert {article.age_limit for article in articles} == {None, 16, 18}
    assert any(article.unit == "KG" and len(article.barcode) < 6 for article in articles)
    linked = {article.linked_number for article in articles if article.linked_number}
    assert {by_number[number].receipt_text for number in linked} == {"PANT A", "PANT B", "PANT C"}


def test_its_texts_fit_a_receipt(large: list[GeneratedArticle]) -> None:
    for article in large:
        assert 0 < len(article.receipt_text) <= RECEIPT_TEXT_LENGTH
        assert article.price > 0


def test_a_scale_label_is_a_restricted_circulation_number() -> None:
    label = weighed_barcode("2001", 450)
    assert label.startswith("260200100450")
    assert isinstance(Gtin.parse(label), Rcn)  # refuses a bad check digit


def test_it_writes_a_file_as_a_danish_spreadsheet_does(tmp_path: Path) -> None:
    articles = generate_catalogue(100)
    path = tmp_path / "articles.csv"
    write_csv(articles, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == 100
    assert rows[0]["price"] == "1,00"
    assert [row["number"] for row in rows] == [article.number for article in articles]
