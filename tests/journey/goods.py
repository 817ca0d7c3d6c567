"""The file that the chain's administrator uploads: all that there is, with news, changes and rows to refuse."""

from dataclasses import replace
from pathlib import Path

from butik.lib.barcodes import check_digit
from butik.simulator.catalogue import GeneratedArticle, write_csv
from tests.support.street import Street


def _new(number: int, text: str, price: int, vat_rate: int = 2500) -> GeneratedArticle:
    body = f"570009{number}"
    name = text.capitalize()
    return GeneratedArticle(str(number), f"{body}{check_digit(body)}", name, text, "Nyheder", "PCS", price, vat_rate)


BREAD = _new(500001, "RUGBRØD SURDEJ", 2197)
SILENT = _new(500002, "STEGEPANDE", 15017)  # as a card payment: charged, and the terminal never answers
DECLINED = _new(500003, "GRYDESKE", 3013)
EVENING = _new(500004, "AFTENAVISEN", 2500, vat_rate=0)
NEWS = (BREAD, SILENT, DECLINED, EVENING)

# Column by column as `write_csv` writes them; each with the word that its refusal must hold.
REFUSED = {
    '600001;5700096000012;"Negativ";NEGATIV;Nyheder;PCS;-5,00;25;;': "negative",
    "600002;5700096000029;Ukendt moms;UKENDT MOMS;Nyheder;PCS;10,00;17;;": "VAT",
    "600003;5700096000036;Uden pris;UDEN PRIS;Nyheder;PCS;;25;;": "price",
}


def first_on_shelf(street: Street, digits: int = 13) -> GeneratedArticle:
    """An article that is scanned without a question, with a barcode of so many digits."""
    return next(
        each
        for each in street.articles
        if len(each.barcode) == digits and not each.linked_number and each.age_limit is None and each.vat_rate
    )


def write_upload(street: Street, path: Path) -> GeneratedArticle:
    """Write the file; return the article whose price it changes."""
    dearer = replace(first_on_shelf(street), price=first_on_shelf(street).price + 100)
    write_csv([dearer if each.number == dearer.number else each for each in street.articles] + [*NEWS], path)
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write("".join(f"{line}\r\n" for line in REFUSED))
    return dearer
