"""From the cells of a row to an article: every cell is checked, what is odd but usable gets a remark."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from butik.articles.import_codes import Codes, read_codes, read_number, unguard, unwrap
from butik.articles.import_columns import Columns
from butik.articles.import_encoding import is_garbled
from butik.articles.import_values import read_age, read_flag, read_group, read_price, read_unit, read_vat
from butik.articles.rows import LONGEST_NAME, LONGEST_TEXT, ArticleRow, Articles, shorten
from butik.articles.words import Refusal, Said, say
from butik.lib.barcodes import normalise_code

MOST_RATES = 10  # a price file tells them apart by one digit
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_DITTO = "\"'`\u00b4\u2033\u3003“”„-–. "
FREE = gettext_noop("The price is 0.")
SIGNS = gettext_noop("The text held control characters; they were left out.")
CUT = gettext_noop("The name is longer than 200 characters and was cut.")


@dataclass(frozen=True, slots=True)
class ReadRow:
    number: str
    row: ArticleRow | None  # None: a change that deletes
    remarks: list[Said]


class RowReader:
    """Reads rows of one file. Values that come again and again are read once."""

    def __init__(
        self,
        columns: Columns,
        *,
        mark: str,
        currency: str,
        vat_rates: frozenset[int],
        vat_as_share: bool = False,
        known: Articles,
    ) -> None:
        self._columns = columns
        self._vat_as_share = vat_as_share
        self._place = columns.places.get
        self._known = known  # what the file says nothing about stays as it is
        self._rates: set[int] = set()
        self._vat_rates = vat_rates
        self._currency = currency
        readers: dict[str, Callable[[str], Any]] = {
            "price": lambda text: read_price(unguard(text), mark, currency),
            "vat": self._read_rate,
            "unit": read_unit,
            "weighed": lambda text: "KG" if read_flag(text) else "PCS",
            "group": read_group,
            "age": read_age,
            "blocked": read_flag,
        }
        self._fields = {name: self._getter(name, reader) for name, reader in readers.items()}
        self._has_linked = columns.has("linked")

    def _getter(self, name: str, reader: Callable[[str], Any]) -> Callable[[list[str]], Any] | None:
        if name in self._columns.constants:
            value = reader(self._columns.constants[name])  # a constant that cannot be read refuses the file, not rows
            return lambda _: value
        place = self._place(name)
        if place is None:
            return None
        seen: dict[str, Any] = {}

        def get(cells: list[str]) -> Any:
            text = cells[place]
            try:
                return seen[text]
            except KeyError:
                value = seen[text] = reader(unwrap(text))
                return value

        return get

    def _read_rate(self, text: str) -> int:
        rate = read_vat(unguard(text), self._vat_rates, as_share=self._vat_as_share)
        self._rates.add(rate)
        if len(self._rates) > MOST_RATES:
            self._rates.discard(rate)
            raise Refusal(gettext_noop("More than ten different VAT rates; “%(vat)s” is one too many."), vat=text)
        return rate

    def wants(self, cells: list[str]) -> bool:
        """Whether the filter takes this row; a row too short to say is taken, and refused for that."""
        return all(place >= len(cells) or cells[place].strip() == value for place, value in self._columns.filters)

    def read(self, cells: list[str]) -> ReadRow:
        if len(cells) != self._columns.width:
            cells = self._fitted(cells)
        remarks: list[Said] = []
        codes = self._codes(cells, remarks)
        number = self._number(cells, codes)
        old = self._known.get(number)
        self._check_currency(cells)
        price = self._fields["price"](cells)  # type: ignore[misc] # checked with the columns
        if price == 0:
            remarks.append(say(FREE))
        text, name = self._texts(cells, remarks)
        get_group, get_age, get_blocked = self._fields["group"], self._fields["age"], self._fields["blocked"]
        row = ArticleRow(
            text=text,
            name=name,
            group=get_group(cells) if get_group else old.group if old else "",
            unit=self._unit(cells, old),
            price=price,
            vat_rate=self._fields["vat"](cells),  # type: ignore[misc] # checked with the columns
            age_limit=get_age(cells) if get_age else old.age_limit if old else None,
            linked=self._linked(cells) if self._has_linked else old.linked if old else "",
            is_blocked=get_blocked(cells) if get_blocked else bool(old and old.is_blocked),
            codes=codes if "barcode" in self._columns.places else old.codes if old else codes,
        )
        return ReadRow(number, row, remarks)

    def read_key(self, cells: list[str]) -> str:
        """Only which article a row is about; raises Refusal when not even that can be read."""
        try:
            codes = self._codes(cells, [])
        except Refusal:
            codes = ()
        return self._number(cells, codes)

    def _fitted(self, cells: list[str]) -> list[str]:
        """As many cells as the header has: spreadsheets leave empty ones out, or behind."""
        width = self._columns.width
        missing = range(len(cells), width)
        if any(cells[width:]) or any(self._place(name) in missing for name in ("price", "vat", "op", "currency")):
            raise Refusal(
                gettext_noop("The row has %(cells)s cells, but the header has %(width)s."),
                cells=len(cells),
                width=width,
            )
        return [*cells[:width], *("" for _ in missing)]

    def _check_currency(self, cells: list[str]) -> None:
        place = self._place("currency")
        if place is None:
            return
        said = cells[place].strip().upper()
        if said != self._currency:
            raise Refusal(
                gettext_noop("The price is in “%(word)s”, but the chain's currency is %(currency)s."),
                word=said,
                currency=self._currency,
            )

    def _codes(self, cells: list[str], remarks: list[Said]) -> Codes:
        place = self._place("barcode")
        return read_codes(cells[place], remarks) if place is not None and place < len(cells) else ()

    def _number(self, cells: list[str], codes: Codes) -> str:
        place = self._place("number")
        number = read_number(cells[place]) if place is not None and place < len(cells) else ""
        if not number and not codes:
            raise Refusal(gettext_noop("The row has neither number nor barcode."))
        return number or codes[0][0]

    def _texts(self, cells: list[str], remarks: list[Said]) -> tuple[str, str]:
        short, long = self._place("text"), self._place("name")
        text = _clean(cells[short], remarks) if short is not None else ""
        name = _clean(cells[long], remarks) if long is not None else ""
        if not text and not name:
            raise Refusal(gettext_noop("The article has no text."))
        if len(text) > LONGEST_TEXT:
            name, text = name or text, shorten(text)
        text = text or shorten(name)
        if len(name) > LONGEST_NAME:
            remarks.append(say(CUT))
            name = name[:LONGEST_NAME].rstrip()
        return text, "" if name == text else name

    def _unit(self, cells: list[str], old: ArticleRow | None) -> str:
        get = self._fields["weighed"] or self._fields["unit"]
        if get is None:
            return old.unit if old else "PCS"
        unit: str = get(cells)
        return unit

    def _linked(self, cells: list[str]) -> str:
        place = self._place("linked")
        linked = read_number(cells[place] if place is not None else self._columns.constants["linked"])
        # numbers that are barcodes stand without leading zeros
        return linked if "number" in self._columns.places else normalise_code(linked)


def _clean(text: str, remarks: list[Said]) -> str:
    """A text as it is kept: composed (NFC), with single spaces, without what would act on a screen."""
    plain = " ".join(unwrap(text).split())
    if plain.isascii() and plain.isprintable():
        return _checked_text(plain)
    plain = unicodedata.normalize("NFC", plain)
    if is_garbled(plain):
        raise Refusal(
            gettext_noop("The letters of “%(text)s” are of another encoding than the file's; save the file anew."),
            text=plain,
        )
    if plain.isprintable():
        return _checked_text(plain)
    if any("\ud800" <= letter <= "\udfff" for letter in plain):
        raise Refusal(gettext_noop("The text holds letters that are not of the file's encoding."))
    kept = "".join(letter if _is_harmless(letter) else " " for letter in plain)
    if kept != plain:
        remarks.append(say(SIGNS))
    return " ".join(kept.split())


def _checked_text(text: str) -> str:
    if text and not text.strip(_DITTO):
        raise Refusal(gettext_noop("“%(text)s” stands for the text of another row: write the text out."), text=text)
    return text


def _is_harmless(letter: str) -> bool:
    # left-to-right and right-to-left marks belong to mixed texts; what turns all that follows does not
    return letter.isprintable() or (letter in "\u200e\u200f\u00ad\u200c\u200d" and letter not in _TURNING)
