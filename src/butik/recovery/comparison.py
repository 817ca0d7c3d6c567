"""The emergency cloud's sums beside the store's own, to the øre. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from butik.sales.totals import DaySum


class Difference(msgspec.Struct, frozen=True):
    """One figure that is not the same at both. `what`: SALES, TOTAL, ROUNDING, GROSS 25.00, VAT 25.00, CARD."""

    pos: int
    label: str
    date: str
    what: str
    cloud: int
    store: int

    @property
    def is_count(self) -> bool:
        return self.what == "SALES"

    @property
    def by(self) -> int:
        return self.store - self.cloud


class Row(msgspec.Struct, frozen=True):
    """One series on one business date, at both."""

    pos: int
    label: str
    date: str
    cloud_sales: int
    cloud_total: int
    store_sales: int
    store_total: int

    @property
    def agrees(self) -> bool:
        return (self.cloud_sales, self.cloud_total) == (self.store_sales, self.store_total)


class _Name(NamedTuple):
    pos: int
    series: str
    date: str
    what: str


def compare_sums(cloud: Sequence[DaySum], store: Sequence[DaySum]) -> list[Difference]:
    """Every figure that differs, in the order of POS, series, date. A figure that one side lacks is 0 there."""
    labels = {str(each.series): each.label for each in (*cloud, *store)}
    theirs, ours = _figures(cloud), _figures(store)
    return [
        Difference(name.pos, labels[name.series], name.date, name.what, theirs.get(name, 0), ours.get(name, 0))
        for name in sorted(theirs.keys() | ours.keys(), key=lambda name: (name.pos, labels[name.series], name))
        if theirs.get(name, 0) != ours.get(name, 0)
    ]


def table_of(cloud: Sequence[DaySum], store: Sequence[DaySum]) -> list[Row]:
    theirs, ours = _by_day(cloud), _by_day(store)
    labels = {str(each.series): each.label for each in (*cloud, *store)}
    rows = []
    for key in sorted(theirs.keys() | ours.keys(), key=lambda key: (key[0], labels[key[1]], key[2])):
        there, here = theirs.get(key), ours.get(key)
        rows.append(
            Row(
                pos=key[0],
                label=labels[key[1]],
                date=key[2],
                cloud_sales=there.sales if there else 0,
                cloud_total=there.total if there else 0,
                store_sales=here.sales if here else 0,
                store_total=here.total if here else 0,
            )
        )
    return rows


def _by_day(sums: Iterable[DaySum]) -> dict[tuple[int, str, str], DaySum]:
    return {(each.pos, str(each.series), each.date.isoformat()): each for each in sums}


def _figures(sums: Iterable[DaySum]) -> dict[_Name, int]:
    figures: dict[_Name, int] = {}
    for each in sums:
        values: dict[str, Any] = {"SALES": each.sales, "TOTAL": each.total, "ROUNDING": each.rounding}
        for row in each.by_vat:
            values[f"GROSS {row.rate / 100:.2f}"] = row.gross
            values[f"VAT {row.rate / 100:.2f}"] = row.vat
        for paid in each.by_tender:
            values[paid.tender] = paid.amount
        for what, amount in values.items():
            figures[_Name(each.pos, str(each.series), each.date.isoformat(), what)] = amount
    return figures
