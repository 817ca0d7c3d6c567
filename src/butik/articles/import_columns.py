"""Which column of a file is which field of an article."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from butik.articles.import_file import CsvShape
from butik.articles.import_options import NAMES, ImportOptions, plain
from butik.articles.words import Choice, FileProblem, FileQuestion

_KNOWN = {name: field for field, names in NAMES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Columns:
    """Field to place in a row; the fields that are the same for all; (place, value) of the rows to take."""

    places: dict[str, int]
    constants: dict[str, str]
    filters: tuple[tuple[int, str], ...]
    width: int

    def has(self, field: str) -> bool:
        return field in self.places or field in self.constants


def count_known(header: Sequence[str], named: Collection[str] = ()) -> int:
    """How many columns of a header have a name that is known, or that a person has named."""
    names = {plain(name) for name in named}
    return sum(1 for name in header if plain(name) in _KNOWN or (plain(name) and plain(name) in names))


def match_columns(shape: CsvShape, options: ImportOptions) -> Columns:
    """Match by the names that were given, then by those that are known.

    Raises FileQuestion if several columns could be one field, FileProblem if one is missing.
    """
    header = shape.header
    places = {field: _place(name, header) for field, name in options.columns.items()}
    for field, names in NAMES.items():
        if field in places or field in options.constants or _is_passed_over(field, places, options):
            continue
        fitting = [place for place, name in enumerate(header) if plain(name) in names]
        free = [place for place in fitting if place not in places.values()]
        if len(free) > 1:
            raise _which_column(field, free, shape)
        if free:
            places[field] = free[0]
    filters = tuple((_place(name, header), value) for name, value in options.filters.items())
    columns = Columns(places, options.constants, filters, len(header))
    _check_needed(columns, header, options)
    return columns


def _is_passed_over(field: str, places: dict[str, int], options: ImportOptions) -> bool:
    if field == "unit":
        return "weighed" in places  # such files' unit is that of the price comparison, not of the sale
    return field in {"op", "date"} and not options.changes


def _which_column(field: str, places: list[int], shape: CsvShape) -> FileQuestion:
    """Each with its name, its number and what stands in it: the eye decides faster than the name."""
    choices = [Choice(f"#{place + 1}", _described(place, shape)) for place in places]
    return FileQuestion(
        gettext_noop("Several columns could be the field “%(field)s”: %(columns)s. Say which it is."),
        option=f"columns.{field}",
        choices=choices,
        field=field,
        columns=[_described(place, shape) for place in places],
    )


def _described(place: int, shape: CsvShape) -> str:
    seen = [row[place].strip() for row in shape.sample[:3] if place < len(row)]
    return f"#{place + 1} {shape.header[place]} ({' / '.join(seen)})"


def _place(name: str, header: list[str]) -> int:
    fitting = [place for place, each in enumerate(header) if each == name]
    fitting = fitting or [place for place, each in enumerate(header) if plain(each) == plain(name)]
    if len(fitting) == 1:
        return fitting[0]
    if re.fullmatch(r"#[1-9]\d{0,3}", name, re.ASCII) and int(name[1:]) <= len(header):
        return int(name[1:]) - 1
    if fitting:
        raise FileProblem(
            gettext_noop("The file has the column “%(name)s” more than once. Name it by its number: %(numbers)s."),
            name=name,
            numbers=[f"#{place + 1}" for place in fitting],
        )
    raise FileProblem(gettext_noop("The file has no column “%(name)s”. It has: %(header)s."), name=name, header=header)


def _check_needed(columns: Columns, header: list[str], options: ImportOptions) -> None:
    needed = [("price",), ("number", "barcode"), ("text", "name"), ("vat",)]
    if options.changes:
        needed.append(("op",))
    for fields in needed:
        if not any(columns.has(field) for field in fields):
            raise FileProblem(
                gettext_noop(
                    "No column was found for: %(field)s. The file has: %(header)s. Name the column that holds it,"
                    " or give one value for all rows."
                ),
                field=" / ".join(fields),
                header=header,
            )
