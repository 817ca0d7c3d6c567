"""An article as a value: what imports, feeds and the database compare."""

import unicodedata
from typing import NamedTuple

from butik.lib.barcodes import MAX_NUMERIC, numeric_value

LONGEST_TEXT = 30
LONGEST_NAME = 200


class ArticleRow(NamedTuple):
    """Everything about an article but its number and version. Two that are equal need no writing."""

    text: str
    name: str  # the long name, when it says more than the receipt text
    group: str
    unit: str
    price: int
    vat_rate: int
    age_limit: int | None
    linked: str
    is_blocked: bool
    codes: tuple[tuple[str, int], ...]  # (normalised code, thousandths), sorted


Articles = dict[str, ArticleRow]  # by number; those that are deleted are not in it


def price_file_order(article: tuple[str, ArticleRow | None]) -> tuple[int, str]:
    """By lowest numeric barcode; those without one last, by number."""
    number, row = article
    values = [value for code, _ in (row.codes if row else ()) if (value := numeric_value(code)) is not None]
    return (min(values) if values else MAX_NUMERIC + 1, number)


class _WithoutMarks(dict[int, str]):
    """For str.translate: each letter without its accent, found out when it is first met."""

    def __missing__(self, letter: int) -> str:
        parts = unicodedata.normalize("NFD", chr(letter))
        self[letter] = "".join(part for part in parts if not unicodedata.combining(part))
        return self[letter]


_FOLDED = _WithoutMarks({ord(letter): letter for letter in "æøå"})


def fold(text: str) -> str:
    """The form in which texts are searched: case and accents do not matter; æ, ø and å are letters and stay."""
    lower = text.lower()
    return lower if lower.isascii() else lower.translate(_FOLDED)


def shorten(text: str) -> str:
    """A receipt text of a long name: as many whole words as the receipt has room for."""
    if len(text) <= LONGEST_TEXT:
        return text
    cut = text[: LONGEST_TEXT + 1]
    # a single long word is cut through: half a name says more than none
    whole_words = cut.rsplit(" ", 1)[0] if " " in cut[LONGEST_TEXT // 2 :] else cut[:LONGEST_TEXT]
    return whole_words.rstrip(" ,;-/")
