"""Whole minor units, thousandths and hundredths of a percent: no float ever touches money (truth 4).

All rounding is half away from zero, in one place.
"""

from collections.abc import Sequence


def round_ratio(numerator: int, denominator: int) -> int:
    """Round numerator/denominator (denominator > 0) half away from zero."""
    quotient, remainder = divmod(abs(numerator), denominator)
    if 2 * remainder >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def line_amount(unit_price: int, quantity_milli: int) -> int:
    return round_ratio(unit_price * quantity_milli, 1000)


def included_vat(gross: int, rate: int) -> int:
    """The VAT inside `gross`, for a rate in hundredths of a percent."""
    return round_ratio(gross * rate, 10_000 + rate)


def spread(total: int, shares: Sequence[tuple[int, int]]) -> list[int]:
    """Spread `total` over shares (numerator, denominator > 0) by largest remainder; ties go to the earlier share."""
    floors = [numerator // denominator for numerator, denominator in shares]
    left = total - sum(floors)
    if left:
        # remainders of different denominators are compared exactly, as fractions of a common one:
        # 10^18 keeps every remainder of amounts below 10^12 minor units apart
        remainders = [numerator % denominator * 10**18 // denominator for numerator, denominator in shares]
        order = sorted(range(len(shares)), key=remainders.__getitem__, reverse=True)  # equals stay in their order
        step = 1 if left > 0 else -1
        for place in range(abs(left)):
            floors[order[place % len(order)]] += step
    return floors


def round_cash(amount: int, smallest: int) -> int:
    """The nearest amount that can be paid in cash; `smallest` coin in minor units, 0 for no rounding."""
    return amount if smallest <= 0 else round_ratio(amount, smallest) * smallest


def format_minor(amount: int, separator: str = ".") -> str:
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}{separator}{abs(amount) % 100:02d}"
