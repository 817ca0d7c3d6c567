"""Codes on goods: their one normal form, GS1 check digits, and the labels that a scale prints.

Whoever keeps or looks up a code does it in its normal form: `normalise_code` here, `normalCode` in the POS app; both
are held to tests/vectors/codes.json.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
MAX_CODE = 20
# The largest whole number that a browser holds exactly; a longer code is kept as text.
MAX_NUMERIC = 2**53 - 1

# Thousandths of a unit that a gram is; what is sold in another one has no weight.
GRAM = {"KG": 1, "G": 1000}

_SMALL_LETTERS = re.compile("[a-z]+")


class LabelRule(NamedTuple):
    """How a country's scales write 13 digits: prefix, article, what it weighs or costs, check digit."""

    prefix: str
    measure: Literal["PRICE", "WEIGHT"]
    article: int  # digits of the article after the prefix; the amount is as many as are left before the check digit
    skipped: int  # digits between the two, such as a check digit of the amount
    factor: int  # minor units or grams that one of the amount is


# Labels as Danish scales print them; other countries part the prefixes otherwise. Devices get them with their prices.
LABEL_RULES = (
    *(LabelRule(prefix, "PRICE", 5, 0, 1) for prefix in ("21", "22", "23", "24")),
    *(LabelRule(prefix, "WEIGHT", 5, 0, 1) for prefix in ("26", "27", "28")),
)


@dataclass(frozen=True, slots=True)
class Label:
    """A weighed piece: what its article may be known by, and either its price or its weight in grams."""

    keys: tuple[str, ...]  # the surest first: the label's own EAN with nothing on the scale, its head, its number
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
    """The form in which codes are kept and compared.

    A number stands without leading zeros, so that UPC-A, EAN-13 and GTIN-14 of one article are one. What is no number
    stands in capital letters, A to Z: scanners and tables do not agree on small ones. Blanks at the ends do not count.
    """
    code = code.strip(" ")
    if is_digits(code):
        return code.lstrip("0") or "0"
    return _SMALL_LETTERS.sub(lambda letters: letters[0].upper(), code)


def numeric_value(code: str) -> int | None:
    """The number that a code stands for; None for what is not a number, or too large to be one exactly."""
    if not is_digits(code) or len(code) > MAX_CODE:
        return None
    value = int(code)
    return value if value <= MAX_NUMERIC else None


def read_label(code: str, rules: tuple[LabelRule, ...] = LABEL_RULES) -> Label | None:
    """A label of weighed goods, as a country's scales print them."""
    # A scanner may report the same label as GTIN-14, with a zero in front.
    ean = code[1:] if len(code) == 14 and code.startswith("0") else code
    rule = next((each for each in rules if ean.startswith(each.prefix)), None)
    if rule is None or len(ean) != 13 or not is_gtin(ean):
        return None
    head = ean[: len(rule.prefix) + rule.article]
    amount = int(ean[len(head) + rule.skipped : 12]) * rule.factor
    blank = head.ljust(12, "0")
    keys = (f"{blank}{check_digit(blank)}", head, head[len(rule.prefix) :])
    return Label(keys, price=amount) if rule.measure == "PRICE" else Label(keys, grams=amount)


def price_on(code: str) -> int | None:
    """The price that the barcode of a sold line bears: a scale's label, or a GS1 code's, kept as `number=price`."""
    label = read_label(code)
    if label is not None:
        return label.price
    number, _, price = code.partition("=")
    return int(price) if is_digits(number) and is_digits(price) else None
