"""The reference pricing engine: what a sale costs, and the VAT in it (docs/formats/journal.md).

Pure. The POS app's port in pos/src/shop is held equal to it by the vectors in tests/vectors/ and by a differential
property test (truth 6).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from butik.lib.money import included_vat, line_amount, round_cash, spread


@dataclass(frozen=True, slots=True)
class Line:
    unit_price: int  # minor units, VAT included
    quantity: int  # thousandths
    vat_rate: int  # hundredths of a percent


@dataclass(frozen=True, slots=True)
class PricedLine:
    amount: int
    vat: int


@dataclass(frozen=True, slots=True)
class VatSum:
    rate: int
    gross: int
    vat: int


@dataclass(frozen=True, slots=True)
class PricedSale:
    lines: tuple[PricedLine, ...]
    vat: tuple[VatSum, ...]  # by rate, descending
    total: int


def price_sale(lines: Sequence[Line]) -> PricedSale:
    """Price the lines of a sale; VAT is computed once for each rate and then spread, so that lines and sums agree."""
    return price_amounts([(line_amount(each.unit_price, each.quantity), each.vat_rate) for each in lines])


def price_amounts(lines: Sequence[tuple[int, int]]) -> PricedSale:
    """The same for lines whose (amount, VAT rate) are known already."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, (_, rate) in enumerate(lines):
        places[rate].append(place)
    vat_of_line = [0] * len(lines)
    sums = []
    for rate in sorted(places, reverse=True):
        amounts = [lines[place][0] for place in places[rate]]
        gross = sum(amounts)
        vat = included_vat(gross, rate)
        parts = spread(vat, [(amount * rate, 10_000 + rate) for amount in amounts])
        for place, part in zip(places[rate], parts, strict=True):
            vat_of_line[place] = part
        sums.append(VatSum(rate, gross, vat))
    priced = tuple(PricedLine(amount, vat) for (amount, _), vat in zip(lines, vat_of_line, strict=True))
    return PricedSale(priced, tuple(sums), sum(amount for amount, _ in lines))


def cash_due(left: int, cash_rounding: int) -> int:
    """What is to be paid in cash when `left` of the total remains."""
    return round_cash(left, cash_rounding)
