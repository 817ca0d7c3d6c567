"""Barcodes, held against published vectors and another library where they are at hand."""

import json
from pathlib import Path

import biip
import pytest
from biip.checksums import gs1_standard_check_digit
from biip.upc import Upc
from hypothesis import given
from hypothesis import strategies as st
from tests.support.real_input import real_rows

from butik.lib.barcodes import check_digit, has_check_digit, is_gtin, normalise_code, numeric_value, read_label

digits = st.text("0123456789", min_size=1, max_size=17)


@given(digits)
def test_the_check_digit_is_the_one_that_another_library_finds(body: str) -> None:
    assert check_digit(body) == gs1_standard_check_digit(body)


@pytest.mark.parametrize("code", ["5701234567899", "57012346", "036000291452", "10614141000415"])
def test_a_gtin_of_each_length_is_known(code: str) -> None:
    assert is_gtin(code)
    assert not is_gtin(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize("code", ["", "5", "570123456789", "57012345678990", "5701234567x99", "٥٧٠١٢٣٤٢"])
def test_what_is_no_gtin_is_not_taken_for_one(code: str) -> None:
    assert not is_gtin(code)


@given(st.text("0123456789", min_size=11, max_size=11))
def test_upc_ean_and_gtin_14_of_an_article_are_one_number(body: str) -> None:
    upc = body + str(check_digit(body))
    forms = [upc, "0" + upc, "00" + upc]
    assert all(is_gtin(form) for form in forms)
    assert len({normalise_code(form) for form in forms}) == 1
    assert len({numeric_value(form) for form in forms}) == 1


VECTORS = json.loads((Path(__file__).parents[4] / "tests" / "vectors" / "codes.json").read_text(encoding="utf-8"))


def test_upc_e_is_written_out_as_another_library_does() -> None:
    for short, upc in VECTORS["upc_e"]:
        assert Upc.parse(short).as_upc_a() == upc
    assert {short[6] for short, _ in VECTORS["upc_e"]} == set("0123456789")


def test_codes_have_one_normal_form() -> None:
    for each in VECTORS["normal_forms"]:
        assert {normalise_code(code) for code in each["codes"]} == {each["normal"]}


def test_labels_are_read_as_the_vector_says() -> None:
    for each in VECTORS["labels"]:
        label, said = read_label(each["code"]), each["label"]
        assert (label is None) == (said is None)
        if label:
            assert (list(label.keys), label.price, label.grams) == (said["keys"], said.get("price"), said.get("grams"))


@given(st.text(max_size=24))
def test_a_normal_form_is_its_own(code: str) -> None:
    assert normalise_code(normalise_code(code)) == normalise_code(code)


def test_a_code_that_is_no_number_stays_as_it_is() -> None:
    assert normalise_code("00-A") == "00-A"
    assert numeric_value("ABC-1") is None
    assert normalise_code("000") == "0"


def test_a_number_that_a_browser_cannot_hold_is_no_number() -> None:
    assert numeric_value("9007199254740991") == 2**53 - 1
    assert numeric_value("9007199254740992") is None


def test_labels_of_weighed_goods_bear_a_price_or_a_weight() -> None:
    price = read_label("2135040039753")
    weight = read_label("263504001250" + str(check_digit("263504001250")))
    assert price is not None
    assert (price.keys[-1], price.price, price.grams) == ("35040", 3975, None)
    assert weight is not None
    assert (weight.keys[-1], weight.price, weight.grams) == ("35040", None, 1250)
    assert read_label("02135040039753") == price
    assert read_label("2135040039754") is None
    assert read_label("5701234567899") is None


def test_danish_labels_mean_what_published_vectors_say() -> None:
    danish = [row for row in real_rows("rcn_variable_measure_biip") if row["region"] == "DENMARK"]
    labels = [row for row in danish if row["price"] or row["weight_kg"]]
    assert len(labels) == 7
    for row in labels:
        label = read_label(row["barcode"])
        assert label is not None
        assert label.price == (round(float(row["price"]) * 100) if row["price"] else None)
        assert label.grams == (round(float(row["weight_kg"]) * 1000) if row["weight_kg"] else None)


def test_published_codes_check_as_the_vectors_say() -> None:
    for row in real_rows("rcn_variable_measure_biip"):
        assert is_gtin(row["barcode"]), row
    known = [row for row in real_rows("off_articles") if row["gtin_raw"].isdigit()][::7]
    for row in known:
        code = row["gtin_raw"]
        if len(code) in {8, 12, 13, 14}:
            assert is_gtin(code) == (row["check_ok"] == "1"), row
        assert has_check_digit(code) == (len(code) > 1 and gs1_standard_check_digit(code[:-1]) == int(code[-1]))


def test_the_gtins_of_published_engine_vectors_are_read_as_another_library_reads_them() -> None:
    inputs = [row["input"] for row in real_rows("gs1_engine_vectors") if row["ok"] == "1"]
    gtins = [text[3:17] for text in inputs if text.startswith("^01") and text[3:17].isdigit() and len(text) >= 17]
    assert len(gtins) > 5
    for gtin in gtins:
        try:
            biip.parse(gtin)
            is_good = biip.parse(gtin).gtin is not None
        except biip.ParseError:
            is_good = False
        assert is_gtin(gtin) == is_good, gtin
