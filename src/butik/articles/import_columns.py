"""Which column of a file is which field of an article."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from butik.articles.import_options import NAMES, ImportOptions, plain
from butik.articles.words import FileProblem

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


def count_known(header: Sequence[str]) -> int:
    """How many columns of a header have a name that is known."""
    return sum(1 for name in header if plain(name) in _KNOWN)


def match_columns(header: list[str], options: ImportOptions) -> Columns:
    """Match by the names that were given, then by those that are known; raise FileProblem if one is missing."""
    places = {field: _place(name, header) for field, name in options.columns.items()}
    by_plain = {plain(name): place for place, name in reversed(list(enumerate(header)))}
    for field, names in NAMES.items():
        if field in places or field in options.constants:
            continue
        found = next((by_plain[name] for name in names if name in by_plain), None)
        if found is not None and found not in places.values():
            places[field] = found
    if "weighed" in places and "unit" not in options.columns:
        places.pop("unit", None)  # such files' unit is that of the price comparison, not of the sale
    if not options.changes:
        places.pop("op", None)
        places.pop("date", None)
    filters = tuple((_place(name, header), value) for name, value in options.filters.items())
    columns = Columns(places, options.constants, filters, len(header))
    _check_needed(columns, header, options)
    return columns


def _place(name: str, header: list[str]) -> int:
    fitting = [place for place, each in enumerate(header) if each == name]
    fitting = fitting or [place for place, each in enumerate(header) if plain(each) == plain(name)]
    if not fitting:
        raise FileProblem(
            gettext_noop("The file has no column “%(name)s”. It has: %(header)s."), name=name, header=_listed(header)
        )
    if len(fitting) > 1:
        raise FileProblem(gettext_noop("The file has the column “%(name)s” more than once."), name=name)
    return fitting[0]


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
                header=_listed(header),
            )


def _listed(header: list[str]) -> str:
    return ", ".join(header)
