"""Values out of a file's cells. Pure; each raises Refusal in words that the file's owner understands."""

import re
from decimal import Decimal

from django.utils.translation import gettext_noop

from butik.articles.words import Refusal

MAX_PRICE = 99_999_999  # an amount of 9,999 pieces is still a number that a browser holds exactly

_SPACES = " \u00a0\u202f\N{RIGHT SINGLE QUOTATION MARK}'"
_GRAMMARS = {
    ",": re.compile(rf"(\d+|\d{{1,3}}(?:[.{_SPACES}]\d{{3}})+)(?:,(\d+))?", re.ASCII),
    ".": re.compile(rf"(\d+|\d{{1,3}}(?:[,{_SPACES}]\d{{3}})+)(?:\.(\d+))?", re.ASCII),
}
_WORD = r"(?:[^\W\d_]+|[€£$₪])\.?"
_MONEY = re.compile(rf"(?P<before>{_WORD})?\s*(?P<amount>.*?)\s*(?P<after>,-|{_WORD})?", re.DOTALL)
_MINUS = "-\N{MINUS SIGN}"
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


def read_price(text: str, mark: str, currency: str) -> int:
    """Minor units of a price, written as people write prices."""
    money = _MONEY.fullmatch(text.strip())
    if money is None or not money["amount"]:
        raise Refusal(gettext_noop("The price is missing.") if not text.strip() else _no_price(), price=text)
    for word in (money["before"], money["after"]):
        if word and word != ",-":
            _check_currency(word, currency)
    amount = money["amount"]
    if amount[0] in f"({_MINUS}" or amount[-1] in _MINUS:
        raise Refusal(gettext_noop("The price “%(price)s” is negative."), price=text)
    whole, fraction = _parts(amount, mark, text)
    if len(fraction) > 2 and fraction[2:].strip("0"):
        raise Refusal(gettext_noop("The price “%(price)s” has more than two decimals."), price=text)
    minor = int(re.sub(r"\D", "", whole)) * 100 + int(fraction[:2].ljust(2, "0"))
    if minor > MAX_PRICE:
        raise Refusal(gettext_noop("The price “%(price)s” is higher than 999,999.99."), price=text)
    return minor


def _no_price() -> str:
    return gettext_noop("“%(price)s” is not a price.")


def _parts(amount: str, mark: str, text: str) -> tuple[str, str]:
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


def read_vat(text: str, known: frozenset[int]) -> int:
    """Hundredths of a percent. `known` empty: any rate that a country could have."""
    plain = text.replace("%", "").replace(",", ".").strip()
    if not re.fullmatch(r"\d{1,2}(\.\d{1,4})?", plain, re.ASCII):
        raise Refusal(gettext_noop("“%(vat)s” is not a VAT rate in percent."), vat=text)
    rate = Decimal(plain) * 100
    fits = rate in known if known else rate == 0 or 100 <= rate <= 5000
    if rate != int(rate) or not fits:
        raise Refusal(gettext_noop("The VAT rate “%(vat)s” is not known here."), vat=text)
    return int(rate)


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
    name = " ".join(text.split())
    if len(name) > 60 or not name.isprintable():
        raise Refusal(gettext_noop("The group “%(group)s” is longer than 60 characters or holds signs."), group=text)
    return name
