"""Sales are priced again as their articles were."""

from dataclasses import dataclass

from butik.lib.barcodes import check_digit
from butik.pricing.reprice import Difference, reprice

VERSIONS = {("1001", 7): (1295, 2500), ("1001", 9): (1395, 2500), ("35040", 3): (9900, 2500)}


@dataclass(frozen=True)
class Line:
    n: int = 1
    number: str = "1001"
    barcode: str = "5701234567899"
    unit: str = "PCS"
    unit_price: int = 1295
    vat_rate: int = 2500
    version: int = 7


def test_a_line_at_its_version_s_price_differs_in_nothing() -> None:
    assert reprice([Line(), Line(n=2, unit_price=1395, version=9)], VERSIONS) == []


def test_another_price_or_rate_is_told() -> None:
    told = reprice([Line(unit_price=1195), Line(n=2, vat_rate=0)], VERSIONS)
    assert told == [
        Difference(1, "1001", 7, (1195, 2500), (1295, 2500)),
        Difference(2, "1001", 7, (1295, 0), (1295, 2500)),
    ]


def test_today_s_price_at_yesterday_s_version_is_told() -> None:
    assert [each.n for each in reprice([Line(unit_price=1395)], VERSIONS)] == [1]


def test_an_article_that_nobody_had_is_told() -> None:
    assert reprice([Line(number="9")], VERSIONS)[0].kept is None
    assert reprice([Line(version=8)], VERSIONS)[0].kept is None


def test_a_scale_s_label_is_sold_at_the_price_on_it() -> None:
    code = "213504003975" + str(check_digit("213504003975"))
    line = Line(number="35040", barcode=code, unit_price=3975, version=3)
    assert reprice([line], VERSIONS) == []
    assert reprice([Line(number="35040", barcode=code, unit_price=3974, version=3)], VERSIONS)
    assert reprice([Line(number="35040", barcode="35040", unit_price=3975, version=3)], VERSIONS)


def test_a_gs1_code_s_own_price_is_what_it_was_sold_for() -> None:
    assert reprice([Line(barcode="5701234567899=995", unit_price=995)], VERSIONS) == []
    assert reprice([Line(barcode="5701234567899=995", unit_price=994)], VERSIONS)
    assert reprice([Line(barcode="5701234567899=995", unit_price=995, unit="KG")], VERSIONS)
    assert reprice([Line(barcode="ABC=995", unit_price=995)], VERSIONS)
    assert reprice([Line(barcode="=995", unit_price=995)], VERSIONS)
