"""Values out of a file's cells. Pure; each raises Refusal in words that the file's owner understands."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_noop

from butik.articles.words import Refusal

MAX_PRICE = 99_999_999  # an amount of 9,999 pieces is still a number that a browser holds exactly

_SPACES = " \u00a0\u2000-\u200a\u202f\u205f\u3000\N{RIGHT SINGLE QUOTATION MARK}'"
_GRAMMARS = {
    ",": re.compile(rf"(\d+|\d{{1,3}}(?:[.{_SPACES}]\d{{3}})+)(?:,(\d+))?", re.ASCII),
    ".": re.compile(rf"(\d+|\d{{1,3}}(?:[,{_SPACES}]\d{{3}})+)(?:\.(\d+))?", re.ASCII),
}
_WORD = r"(?:[^\W\d_]+|[€£$₪])\.?"
_DASH = "-\N{EN DASH}\N{EM DASH}"
_MONEY = re.compile(
    rf"(?P<before>{_WORD})?\s*(?P<amount>.*?)\s*(?P<even>[,.:][{_DASH}])?\s*(?P<after>{_WORD})?", re.DOTALL
)
_MINUS = "-\N{MINUS SIGN}"
_COLON = re.compile(r"(\d+):(\d\d)", re.ASCII)
_FLOAT_DIGITS = 8  # so many decimals only a machine writes: what is left of a binary fraction
_WORDS = {
    "kr": {"DKK", "SEK", "NOK", "ISK"}, "dkr": {"DKK"}, "€": {"EUR"}, "£": {"GBP"}, "$": {"USD"}, "₪": {"ILS"},
    "nis": {"ILS"}, "zł": {"PLN"},
}  # fmt: skip

# VAT rates in hundredths of a percent. A rate that a country does not have is a slip; --vat-rates says otherwise.
KNOWN_VAT = {
    "DKK": frozenset({0, 2500}),
    "SEK": frozenset({0, 600, 1200, 2500}),
    "NOK": frozenset({0, 1111, 1200, 1500, 2500}),
    "ISK": frozenset({0, 1100, 2400}),
}

_UNITS = {
    "PCS": ("pcs", "pc", "piece", "pieces", "ea", "each", "st", "stk", "styk", "stykker"),
    "KG": ("kg", "kilo", "kilogram"),
    "G": ("g", "gr", "gram"),
    "L": ("l", "ltr", "liter", "litre"),
    "ML": ("ml", "milliliter", "millilitre"),
    "M": ("m", "meter", "metre", "mtr"),
}
UNITS = {word: unit for unit, words in _UNITS.items() for word in words}

_YES = frozenset({"1", "yes", "y", "true", "ja", "j", "sand", "x"})
_NO = frozenset({"", "0", "no", "n", "false", "nej", "falsk"})


def find_decimal_mark(prices: list[str]) -> str:
    """The mark that a file's prices are written with; empty when nothing tells."""
    amounts = [price.strip().rstrip("-").rstrip() for price in prices]
    commas = sum(1 for amount in amounts if re.search(r"\d,\d{1,2}\D*$", amount))
    points = sum(1 for amount in amounts if re.search(r"\d\.\d{1,2}\D*$", amount))
    if commas == points:
        return ""
    return "," if commas > points else "."


def has_two_readings(text: str, currency: str) -> bool:
    """Whether a price is another amount with a decimal comma than with a decimal point."""
    try:
        return read_price(text, ",", currency) != read_price(text, ".", currency)
    except Refusal:
        return False


def read_price(text: str, mark: str, currency: str) -> int:
    """Minor units of a price, written as people write prices."""
    money = _MONEY.fullmatch(text.strip())
    if money is None or not money["amount"]:
        raise Refusal(gettext_noop("The price is missing.") if not text.strip() else _no_price(), price=text)
    for word in (money["before"], money["after"]):
        if word:
            _check_currency(word, currency)
    amount = money["amount"]
    if amount[0] in f"({_MINUS}" or amount[-1] in _MINUS:
        raise Refusal(gettext_noop("The price “%(price)s” is negative."), price=text)
    whole, fraction = _parts(amount, mark, text)
    minor = _minor_units(Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{fraction or '0'}"), len(fraction), text)
    if minor > MAX_PRICE:
        raise Refusal(gettext_noop("The price “%(price)s” is higher than 999,999.99."), price=text)
    return minor


def _minor_units(amount: Decimal, decimals: int, text: str) -> int:
    minor = amount * 100
    nearest = minor.to_integral_value(ROUND_HALF_UP)
    is_tail = decimals >= _FLOAT_DIGITS and abs(minor - nearest) < Decimal("0.0001")
    if minor != nearest and not is_tail:
        raise Refusal(gettext_noop("The price “%(price)s” has more than two decimals."), price=text)
    return int(nearest)


def _no_price() -> str:
    return gettext_noop("“%(price)s” is not a price.")


def _parts(amount: str, mark: str, text: str) -> tuple[str, str]:
    if match := _COLON.fullmatch(amount):
        return match[1], match[2]
    readings = {}
    for each in mark or ",.":
        match = _GRAMMARS[each].fullmatch(amount)
        if match:
            readings[each] = (match[1], match[2] or "")
    if not readings:
        if mark and _GRAMMARS["." if mark == "," else ","].fullmatch(amount):
            raise Refusal(
                gettext_noop(
                    "The price “%(price)s” does not fit the rest of the file, where the decimal mark is “%(mark)s”."
                ),
                price=text,
                mark=mark,
            )
        raise Refusal(_no_price(), price=text)
    whole, fraction = next(iter(readings.values()))
    if len(set(readings.values())) > 1 and amount.strip("0123456789"):
        raise Refusal(
            gettext_noop("The price “%(price)s” can be read in two ways: say which the decimal mark is."), price=text
        )
    return whole, fraction


def _check_currency(word: str, currency: str) -> None:
    plain = word.rstrip(".").lower()
    if currency not in _WORDS.get(plain, {plain.upper()}):
        raise Refusal(
            gettext_noop("The price is in “%(word)s”, but the chain's currency is %(currency)s."),
            word=word,
            currency=currency,
        )


def are_shares(rates: Iterable[str]) -> bool:
    """Whether all VAT rates of a file are written as shares of 1: 0,25 for 25 %."""
    written = {rate.strip().replace(",", ".") for rate in rates} - {""}
    if not all(re.fullmatch(r"[01]|[01]?\.\d{1,4}0*", rate, re.ASCII) for rate in written):
        return False
    return all(Decimal(rate) <= 1 for rate in written) and any("." in rate and Decimal(rate) for rate in written)


def read_vat(text: str, known: frozenset[int], *, as_share: bool = False) -> int:
    """Hundredths of a percent. `known` empty: any rate that a country could have; `as_share`: 0,25 is 25 %."""
    plain = text.replace("%", "").replace(",", ".").strip()
    if not re.fullmatch(r"\d{0,2}(\.\d{1,4}0*)?", plain, re.ASCII) or not plain:
        raise Refusal(gettext_noop("“%(vat)s” is not a VAT rate in percent."), vat=text)
    rate = Decimal(plain) * (10_000 if as_share and "%" not in text else 100)
    if _fits(rate, known):
        return int(rate)
    if not as_share and _fits(rate * 100, known):
        raise Refusal(
            gettext_noop("The VAT rate “%(vat)s” is a share; the other rows have percent. Write %(percent)s."),
            vat=text,
            percent=f"{rate.normalize():f}",
        )
    raise Refusal(gettext_noop("The VAT rate “%(vat)s” is not known here."), vat=text)


def _fits(rate: Decimal, known: frozenset[int]) -> bool:
    return rate == int(rate) and (rate in known if known else rate == 0 or 100 <= rate <= 5000)


def read_unit(text: str) -> str:
    unit = UNITS.get(text.strip().rstrip(".").lower())
    if unit is None:
        raise Refusal(gettext_noop("The unit “%(unit)s” is not known."), unit=text)
    return unit


def read_flag(text: str) -> bool:
    plain = text.strip().lower()
    if plain not in _YES and plain not in _NO:
        raise Refusal(gettext_noop("“%(value)s” is neither yes nor no."), value=text)
    return plain in _YES


def read_age(text: str) -> int | None:
    plain = text.strip()
    if plain in {"", "0"}:
        return None
    if not re.fullmatch(r"[1-9]\d?", plain, re.ASCII):
        raise Refusal(gettext_noop("“%(age)s” is not an age."), age=text)
    return int(plain)


def read_group(text: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(name) > 60 or not name.isprintable():
        raise Refusal(gettext_noop("The group “%(group)s” is longer than 60 characters or holds signs."), group=text)
    return name
