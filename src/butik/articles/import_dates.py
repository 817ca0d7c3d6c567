"""Dates as people and systems write them.

Where 01-12 could be January or December, the other dates of the file tell; if none does and it matters, it is asked.
"""

import re
from collections.abc import Sequence
from datetime import MAXYEAR, date, timedelta

from django.utils.translation import gettext_noop

from butik.articles.words import Choice, FileQuestion, Refusal

DATE_ORDERS = ("DMY", "MDY", "YMD")
PAST, FUTURE = 20, 2  # years in which a file of changes may lie
_SHEET_BEGINS = date(1899, 12, 30)  # day 0 of a spreadsheet's own numbers
_TIME = re.compile(r"[T ]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,4})\s*([-/. ])\s*(\d{1,2})\s*\2\s*(\d{1,4})\.?", re.ASCII)
_BARE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_NAMED = re.compile(r"(?:[^\W\d_]+,?\s+)?(\d{1,2})\.?[\s-]*([^\W\d_]{3,9})\.?,?[\s-]*(\d{4}|\d{2})")
_SHEET = re.compile(r"([34567]\d{4})(?:[.,]\d+)?", re.ASCII)  # 1982 to 2118
_MONTHS = ("jan", "feb", "mar", "apr", "ma[jy]", "jun", "jul", "aug", "sep", "o[kc]t", "nov", "dec")

Moment = tuple[date, tuple[int, ...]]


def readings(text: str) -> dict[str, Moment]:
    """What a cell may mean, by the order of its parts. A form that has one meaning has it in every order."""
    plain = text.strip()
    time: tuple[int, ...] = ()
    if match := _TIME.search(plain):
        time, plain = tuple(int(part or 0) for part in match.groups()), plain[: match.start()]
    return {order: (day, time) for order, day in _days(plain).items() if day}


def _days(plain: str) -> dict[str, date | None]:
    if match := _BARE.fullmatch(plain):
        return dict.fromkeys(DATE_ORDERS, _date(*match.groups()))
    if match := _NAMED.fullmatch(plain):
        name = match[2].casefold()
        month = next((number for number, begins in enumerate(_MONTHS, 1) if re.match(begins, name)), 0)
        return dict.fromkeys(DATE_ORDERS, _date(match[3], month, match[1]))
    if match := _SHEET.fullmatch(plain):
        return dict.fromkeys(DATE_ORDERS, _SHEET_BEGINS + timedelta(days=int(match[1])))
    match = _NUMBERS.fullmatch(plain)
    return _in_each_order(*match.groups()) if match else {}


def _in_each_order(first: str, sign: str, second: str, third: str) -> dict[str, date | None]:
    if len(first) > 2:
        return dict.fromkeys(DATE_ORDERS, _date(first, second, third))
    day_first = {"DMY": _date(third, second, first)}
    if sign == ".":  # before a point only a day stands first
        return day_first
    year_first = {"YMD": _date(first, second, third)} if len(third) == 2 else {}
    return day_first | {"MDY": _date(third, first, second)} | year_first


def _date(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year) + 2000 if len(year) == 2 else int(year), int(month), int(day))
    except ValueError:
        return None


class DateReader:
    """Reads the dates of one file. What it has seen so far says in which order their parts stand."""

    def __init__(self, order: str = "", sample: Sequence[str] = (), today: date | None = None) -> None:
        self._orders = {order} if order else set(DATE_ORDERS)
        self._years = range(today.year - PAST, today.year + FUTURE + 1) if today else range(MAXYEAR + 1)
        for text in sample:
            self._learn(readings(text))

    def _learn(self, found: dict[str, Moment]) -> None:
        """Leave out the orders in which this is no date, or one of another time, unless none would be left."""
        likely = {order for order, (day, _) in found.items() if day.year in self._years}
        self._orders = (self._orders & likely) or (self._orders & found.keys()) or self._orders

    def is_before(self, text: str, other: str) -> bool:
        """Whether one date is older than another; raise FileQuestion where that depends on the order."""
        mine, others = self.read(text), self.read(other)
        answers = {mine[order] < others[order] for order in self._orders}
        if len(answers) == 1:
            return answers.pop()
        raise FileQuestion(
            gettext_noop("Is “%(date)s” a day and then a month, or a month and then a day? The file does not tell."),
            option="dates",
            choices=[Choice(order, _as_words(mine[order][0], order)) for order in DATE_ORDERS if order in self._orders],
            date=text,
        )

    def read(self, text: str) -> dict[str, Moment]:
        """The meanings of a cell in the orders that are left; raise Refusal if it has none."""
        found = readings(text)
        self._learn(found)
        if not self._orders <= found.keys():
            raise Refusal(gettext_noop("“%(date)s” is not a date of this file's form."), date=text)
        return found


def _as_words(day: date, order: str) -> str:
    return f"{order}: {day.isoformat()}"
