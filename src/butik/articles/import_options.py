"""What a person says about a file: which column is what, what the file lacks, which rows to take."""

import re
import unicodedata
from dataclasses import dataclass, field, replace

import msgspec
from django.utils.translation import gettext_noop

from butik.articles.import_dates import DATE_ORDERS
from butik.articles.words import FileProblem

# Names by which columns are known, without case, spaces and signs; the first that a file has is taken.
NAMES: dict[str, tuple[str, ...]] = {
    "number": ("number", "articlenumber", "articleno", "itemnumber", "itemno", "sku", "plu", "varenummer", "varenr"),
    "barcode": ("barcode", "barcodes", "ean", "gtin", "ean13", "gtin13", "upc", "stregkode", "stregkoder"),
    "text": ("receipttext", "text", "kassetekst", "bontekst", "varetekst", "tekst"),
    "name": ("name", "articlename", "itemname", "productname", "description", "varenavn", "navn", "beskrivelse"),
    "price": ("price", "salesprice", "retailprice", "consumerprice", "pris", "salgspris", "udsalgspris"),
    "vat": ("vat", "vatrate", "vatpercent", "moms", "momssats", "momsprocent"),
    "weighed": ("weighed", "weighable", "byweight", "vejevare", "vejes", "vægtvare"),
    "unit": ("unit", "salesunit", "uom", "enhed", "salgsenhed"),
    "group": ("group", "articlegroup", "department", "category", "varegruppe", "gruppe", "kategori"),
    "currency": ("currency", "valuta"),
    "age": ("agelimit", "minimumage", "age", "aldersgrænse", "alder"),
    "linked": ("linkednumber", "linkedarticle", "linked", "deposit", "tilknyttetvare", "pant", "pantnummer"),
    "blocked": ("blocked", "isblocked", "spærret"),
    "op": ("op", "operation", "handling"),
    "date": ("date", "changedate", "dato"),
}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    columns: dict[str, str] = field(default_factory=dict)  # field: name of its column
    constants: dict[str, str] = field(default_factory=dict)  # field: the same for every row
    filters: dict[str, str] = field(default_factory=dict)  # name of a column: value of the rows to take
    changes: bool = False  # the file says what changed, not all there is
    encoding: str = ""  # empty: found out
    decimal: str = ""  # "," or "."; empty: found out
    dates: str = ""  # the order of a date's parts: "DMY", "MDY" or "YMD"; empty: found out
    vat_rates: tuple[int, ...] = ()  # hundredths of a percent; empty: what the currency's country is known for

    def packed(self) -> dict[str, object]:
        packed: dict[str, object] = msgspec.to_builtins(self)
        return packed

    @classmethod
    def unpacked(cls, packed: dict[str, object]) -> "ImportOptions":
        return msgspec.convert(packed, cls)


def check_options(options: ImportOptions) -> None:
    """Refuse what would otherwise be ignored in silence."""
    for name in (*options.columns, *options.constants):
        if name not in NAMES:
            raise FileProblem(
                gettext_noop("There is no field “%(field)s”. The fields are: %(fields)s."),
                field=name,
                fields=list(NAMES),
            )
    if options.decimal not in {"", ",", "."}:
        raise FileProblem(gettext_noop("The decimal mark is a comma or a point, not “%(mark)s”."), mark=options.decimal)
    if options.dates not in {"", *DATE_ORDERS}:
        raise FileProblem(gettext_noop("The order of a date is DMY, MDY or YMD, not “%(order)s”."), order=options.dates)


def answered(options: ImportOptions, option: str, value: str) -> ImportOptions:
    """The options with the answer to a question (words.FileQuestion)."""
    about, _, field_name = option.partition(".")
    if about == "columns":
        return replace(options, columns=options.columns | {field_name: value})
    return replace(options, dates=value) if about == "dates" else replace(options, decimal=value)


def plain(name: str) -> str:
    """A column's name as it is compared: composed, without case, spaces and signs."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name).casefold())
