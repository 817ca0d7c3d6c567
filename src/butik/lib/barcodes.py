"""Codes on goods: GS1 check digits, the number that a code stands for, and the labels that a scale prints.

Leading zeros do not count: UPC-A, EAN-13 and GTIN-14 of one article are one number.
"""

from dataclasses import dataclass

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
MAX_CODE = 20
# The largest whole number that a browser holds exactly; a longer code is kept as text.
MAX_NUMERIC = 2**53 - 1
# Labels as Danish scales print them; other countries part the prefixes otherwise.
PRICE_PREFIXES = frozenset({"21", "22", "23", "24"})
WEIGHT_PREFIXES = frozenset({"26", "27", "28"})


@dataclass(frozen=True, slots=True)
class Label:
    """A weighed piece: the article's five-digit code, and either its price or its weight in grams."""

    article: str
    price: int | None = None
    grams: int | None = None


def is_digits(code: str) -> bool:
    return code.isascii() and code.isdigit()


def check_digit(body: str) -> int:
    """The GS1 check digit that follows `body`: weights 3, 1, 3, … from the right."""
    digits = [int(each) for each in reversed(body)]
    return -(3 * sum(digits[::2]) + sum(digits[1::2])) % 10


def is_gtin(code: str) -> bool:
    """Whether a code is a well-formed EAN-8, UPC-A, EAN-13 or GTIN-14."""
    return len(code) in GTIN_LENGTHS and has_check_digit(code)


def has_check_digit(code: str) -> bool:
    """Whether the last digit checks; leading zeros that a table dropped make no difference."""
    return is_digits(code) and len(code) > 1 and check_digit(code[:-1]) == int(code[-1])


def normalise_code(code: str) -> str:
    """The form in which codes are kept and compared."""
    return (code.lstrip("0") or "0") if is_digits(code) else code


def numeric_value(code: str) -> int | None:
    """The number that a code stands for; None for what is not a number, or too large to be one exactly."""
    if not is_digits(code) or len(code) > MAX_CODE:
        return None
    value = int(code)
    return value if value <= MAX_NUMERIC else None


def read_label(code: str) -> Label | None:
    """A label of weighed goods, as Danish scales print them."""
    # A scanner may report the same label as GTIN-14, with a zero in front.
    ean = code[1:] if len(code) == 14 and code.startswith("0") else code
    if len(ean) != 13 or not is_gtin(ean):
        return None
    article, value = ean[2:7], int(ean[7:12])
    if ean[:2] in PRICE_PREFIXES:
        return Label(article, price=value)
    return Label(article, grams=value) if ean[:2] in WEIGHT_PREFIXES else None
