"""The emergency cloud's sums beside the store's own: every figure that differs is named, and none that agrees."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from butik.recovery.comparison import Difference, Row, compare_sums, table_of
from butik.sales.totals import DaySum
from butik.sales.wire import TenderSum, VatSum

ONE, TWO = UUID(int=1), UUID(int=2)
FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)


def day(series: UUID = ONE, label: str = "E1", on: date = FRIDAY, pos: int = 3, **figures: Any) -> DaySum:
    usual: dict[str, Any] = {
        "sales": 4,
        "total": 12_500,
        "rounding": -25,
        "by_vat": [VatSum(0, 2_500, 0), VatSum(2500, 10_000, 2_000)],
        "by_tender": [TenderSum("CARD", 7_500), TenderSum("CASH", 4_975)],
    }
    return DaySum(pos=pos, series=series, label=label, date=on, **(usual | figures))


def test_equal_sums_differ_in_nothing() -> None:
    sums = [day(), day(on=SATURDAY), day(TWO, "E2")]
    assert compare_sums(sums, list(reversed(sums))) == []


@pytest.mark.parametrize(
    ("changed", "what", "cloud", "store"),
    [
        ({"sales": 5}, "SALES", 4, 5),
        ({"total": 12_501}, "TOTAL", 12_500, 12_501),
        ({"rounding": 0}, "ROUNDING", -25, 0),
        ({"by_vat": [VatSum(0, 2_500, 0), VatSum(2500, 9_999, 2_000)]}, "GROSS 25.00", 10_000, 9_999),
        ({"by_vat": [VatSum(0, 2_500, 0), VatSum(2500, 10_000, 2_001)]}, "VAT 25.00", 2_000, 2_001),
        ({"by_vat": [VatSum(0, 2_501, 0), VatSum(2500, 10_000, 2_000)]}, "GROSS 0.00", 2_500, 2_501),
        ({"by_tender": [TenderSum("CARD", 7_500), TenderSum("CASH", 4_970)]}, "CASH", 4_975, 4_970),
    ],
)
def test_one_minor_unit_is_named_with_both_figures(changed: dict[str, Any], what: str, cloud: int, store: int) -> None:
    [found] = compare_sums([day()], [day(**changed)])
    assert found == Difference(3, "E1", "2026-11-20", what, cloud, store)
    assert (found.by, found.is_count) == (store - cloud, what == "SALES")


def test_a_figure_that_one_side_lacks_is_0_there() -> None:
    without_cash = day(by_tender=[TenderSum("CARD", 7_500)])
    assert compare_sums([without_cash], [day()]) == [Difference(3, "E1", "2026-11-20", "CASH", 0, 4_975)]
    assert compare_sums([day()], [without_cash]) == [Difference(3, "E1", "2026-11-20", "CASH", 4_975, 0)]


@pytest.mark.parametrize("rate", [1234, 1230, 1200])
def test_a_rate_is_named_to_its_hundredths(rate: int) -> None:
    [gross, vat] = compare_sums([day(by_vat=[])], [day(by_vat=[VatSum(rate, 1, 1)])])
    assert (gross.what, vat.what) == (f"GROSS {rate // 100}.{rate % 100:02}", f"VAT {rate // 100}.{rate % 100:02}")


def test_a_series_that_one_side_lacks_differs_in_all_its_figures() -> None:
    for cloud, store, sign in (([day()], [], -1), ([], [day()], 1)):
        found = compare_sums(cloud, store)
        assert {each.what: each.by * sign for each in found} == {
            "SALES": 4,
            "TOTAL": 12_500,
            "ROUNDING": -25,
            "GROSS 0.00": 2_500,
            "GROSS 25.00": 10_000,
            "VAT 25.00": 2_000,
            "CARD": 7_500,
            "CASH": 4_975,
        }


def in_any_order() -> list[DaySum]:
    """E2 was opened before E1: the identity of a series says nothing of its place."""
    return [
        day(TWO, "E1", SATURDAY),
        day(TWO, "E1", FRIDAY),
        day(ONE, "E2", FRIDAY),
        day(UUID(int=3), "N1", FRIDAY, pos=2),
    ]


SORTED = [(2, "N1", "2026-11-20"), (3, "E1", "2026-11-20"), (3, "E1", "2026-11-21"), (3, "E2", "2026-11-20")]


@pytest.mark.parametrize("sums", [in_any_order(), in_any_order()[::-1]])
def test_both_go_by_pos_then_label_then_date(sums: list[DaySum]) -> None:
    wrong = [day(each.series, each.label, each.date, each.pos, total=1) for each in sums]
    assert [(each.pos, each.label, each.date) for each in compare_sums(sums, wrong)] == SORTED
    assert [(each.pos, each.label, each.date) for each in table_of(sums, wrong)] == SORTED


def test_the_table_shows_a_day_of_a_series_at_both() -> None:
    table = table_of([day(), day(on=SATURDAY)], [day(TWO, "E2", sales=2, total=300), day(total=12_400)])
    assert table == [
        Row(3, "E1", "2026-11-20", 4, 12_500, 4, 12_400),
        Row(3, "E1", "2026-11-21", 4, 12_500, 0, 0),
        Row(3, "E2", "2026-11-20", 0, 0, 2, 300),
    ]
    assert not any(row.agrees for row in table)


def test_a_row_agrees_when_number_and_total_do() -> None:
    [same] = table_of([day()], [day(rounding=0)])
    [fewer] = table_of([day()], [day(sales=3)])
    assert (same.agrees, fewer.agrees) == (True, False)
