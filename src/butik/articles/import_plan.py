"""What a file would do to a chain's articles, before anything is written. Pure but for reading the file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext_noop

from butik.articles.import_columns import Columns, count_known, match_columns
from butik.articles.import_file import CsvShape, Progress, as_line, find_shape, read_rows
from butik.articles.import_options import ImportOptions, check_options
from butik.articles.import_read import ReadRow, RowReader
from butik.articles.import_values import KNOWN_VAT, find_decimal_mark
from butik.articles.rows import ArticleRow, Articles
from butik.articles.words import FileProblem, Refusal, Said, say

HELD_SHARE = 20  # one in twenty, 5 %
_OPS = {
    "add": True, "chg": True, "change": True, "upd": True, "update": True, "ny": True, "ret": True,
    "del": False, "delete": False, "slet": False,
}  # fmt: skip


class Remark(NamedTuple):
    line: int
    is_refused: bool
    code: str
    said: Said
    row: str


@dataclass(slots=True)
class Plan:
    """`writes` has the new state of every article that changes, None for those that go."""

    shape: CsvShape
    columns: Columns
    mark: str
    writes: dict[str, ArticleRow | None] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    deleted: int = 0
    refused: int = 0
    before: int = 0  # articles of the chain before the import

    @property
    def remarked(self) -> int:
        return len({each.line for each in self.remarks if not each.is_refused})

    @property
    def needs_a_person(self) -> bool:
        """More than 5 % would go: perhaps the file was cut off, or is another shop's."""
        return sum(1 for row in self.writes.values() if row is None) * HELD_SHARE > self.before


@dataclass(slots=True)
class _Step:
    """What the last row about an article did to the counts, should it have to be taken back."""

    line: int
    outcome: str


def make_plan(
    path: Path, options: ImportOptions, *, currency: str, known: Articles, progress: Progress = lambda _: None
) -> Plan:
    """Read the whole file and compare it with the articles that are known; raise FileProblem if it cannot be used."""
    check_options(options)
    if options.constants.get("currency", currency) != currency:
        raise FileProblem(
            gettext_noop("The file's currency is %(word)s, but the chain's is %(currency)s."),
            word=options.constants["currency"],
            currency=currency,
        )
    shape = find_shape(path, options.encoding, count_known)
    columns = match_columns(shape.header, options)
    planner = _Planner(path, options, shape, columns, currency, known)
    planner.read(progress)
    return planner.finish()


class _Planner:
    def __init__(
        self, path: Path, options: ImportOptions, shape: CsvShape, columns: Columns, currency: str, known: Articles
    ) -> None:
        mark = options.decimal or _decimal_mark(shape, columns)
        self._path = path
        self._options = options
        self._known = known
        self._plan = Plan(shape, columns, mark, before=len(known))
        # in a file of changes a later row builds on an earlier one
        self._now = dict(known) if options.changes else known
        rates = frozenset(options.vat_rates) or KNOWN_VAT.get(currency, frozenset())
        try:
            self._reader = RowReader(columns, mark=mark, currency=currency, vat_rates=rates, known=self._now)
        except Refusal as refusal:
            raise FileProblem(refusal.said.message, **refusal.said.values) from None
        self._steps: dict[str, _Step] = {}
        self._kept: set[str] = set()  # refused, yet mentioned: what it stood for stays as it is
        self._dates: dict[str, str] = {}

    def read(self, progress: Progress) -> None:
        take = self._take_change if self._options.changes else self._take
        for line, cells in self._wanted(progress):
            self._plan.rows += 1
            try:
                take(line, cells)
            except Refusal as refusal:
                self._refuse(line, cells, refusal.said)
        if not self._plan.rows:
            raise FileProblem(gettext_noop("The file has no rows, or none that the filter takes."))

    def _wanted(self, progress: Progress) -> Iterator[tuple[int, list[str]]]:
        rows = read_rows(self._path, self._plan.shape, progress)
        if not self._options.filters:
            return rows
        wants = self._reader.wants
        return (row for row in rows if wants(row[1]))

    def _take(self, line: int, cells: list[str]) -> None:
        read = self._reader.read(cells)
        earlier = self._steps.get(read.number)
        if earlier:
            raise Refusal(gettext_noop("The article is already on line %(line)s."), line=earlier.line)
        self._settle(line, cells, read)

    def _take_change(self, line: int, cells: list[str]) -> None:
        places = self._plan.columns.places
        op = cells[places["op"]].strip().lower() if places["op"] < len(cells) else ""
        if op not in _OPS:
            raise Refusal(gettext_noop("“%(op)s” is not a change: add, chg or del."), op=op)
        number = self._reader.read_key(cells)
        self._check_date(number, line, cells)
        read = self._reader.read(cells) if _OPS[op] else ReadRow(number, None, [])
        self._settle(line, cells, read)
        if read.row is None:
            self._now.pop(number, None)
        else:
            self._now[number] = read.row

    def _check_date(self, number: str, line: int, cells: list[str]) -> None:
        place = self._plan.columns.places.get("date")
        if place is None:
            return
        date = cells[place].strip()
        if date < self._dates.get(number, ""):
            raise Refusal(
                gettext_noop("The change is older than the one on line %(line)s."), line=self._steps[number].line
            )
        self._dates[number] = date

    def _settle(self, line: int, cells: list[str], read: ReadRow) -> None:
        before = self._now.get(read.number)
        if before == read.row:
            outcome = "unchanged"
        elif read.row is None:
            outcome = "deleted"
        else:
            outcome = "added" if before is None else "changed"
        self._count(outcome, 1)
        self._steps[read.number] = _Step(line, outcome)
        if outcome != "unchanged":
            self._plan.writes[read.number] = read.row
        for said in read.remarks:
            self._remark(line, cells, read.number, said)

    def _refuse(self, line: int, cells: list[str], said: Said) -> None:
        try:
            number = self._reader.read_key(cells)
        except Refusal:
            number = ""
        self._kept.add(number)
        self._plan.refused += 1
        self._remark(line, cells, number, said, is_refused=True)

    def _remark(self, line: int, cells: list[str], code: str, said: Said, *, is_refused: bool = False) -> None:
        row = as_line(cells, self._plan.shape.delimiter)
        self._plan.remarks.append(Remark(line, is_refused, code, said, row))

    def _count(self, outcome: str, by: int) -> None:
        setattr(self._plan, outcome, getattr(self._plan, outcome) + by)

    def finish(self) -> Plan:
        plan = self._plan
        if not self._options.changes:
            gone = [number for number in self._known if number not in self._steps and number not in self._kept]
            plan.writes.update(dict.fromkeys(gone))
            plan.deleted = len(gone)
        self._refuse_taken_codes()
        for number, row in list(plan.writes.items()):
            if self._known.get(number) == row:
                del plan.writes[number]  # changed, and changed back
        self._remark_unknown_links()
        plan.remarks.sort(key=lambda each: each.line)
        return plan

    def _refuse_taken_codes(self) -> None:
        """A barcode belongs to one article: of two that claim it the later row is refused, until none is left."""
        refusals: dict[int, tuple[str, Said]] = {}
        while conflicts := _claimed_twice(self._known, self._plan.writes):
            for number, code, other in conflicts:
                step = self._steps[number]
                self._count(step.outcome, -1)
                self._plan.refused += 1
                del self._plan.writes[number]
                said = say(
                    gettext_noop("The barcode “%(code)s” belongs to article %(number)s."), code=code, number=other
                )
                refusals[step.line] = (number, said)
        for line, cells in self._fetch(set(refusals)):
            number, said = refusals[line]
            self._plan.remarks = [each for each in self._plan.remarks if each.line != line]
            self._remark(line, cells, number, said, is_refused=True)

    def _remark_unknown_links(self) -> None:
        writes, known = self._plan.writes, self._known
        unknown: dict[int, tuple[str, str]] = {}
        for number, row in writes.items():
            if row and row.linked and not (writes[row.linked] if row.linked in writes else known.get(row.linked)):
                unknown[self._steps[number].line] = (number, row.linked)
        for line, cells in self._fetch(set(unknown)):
            number, linked = unknown[line]
            said = say(
                gettext_noop("The linked article %(linked)s is not known; nothing is sold along."), linked=linked
            )
            self._remark(line, cells, number, said)

    def _fetch(self, lines: set[int]) -> Iterator[tuple[int, list[str]]]:
        """Read those rows once more; they are few, and keeping all rows would not be."""
        if lines:
            yield from (row for row in read_rows(self._path, self._plan.shape) if row[0] in lines)


def _decimal_mark(shape: CsvShape, columns: Columns) -> str:
    place = columns.places.get("price")
    if place is None:
        return ""
    return find_decimal_mark([row[place] for row in shape.sample if place < len(row)])


def _claimed_twice(known: Articles, writes: dict[str, ArticleRow | None]) -> list[tuple[str, str, str]]:
    """(number, code, owner) of the writes that claim a code of an article that keeps it, or of an earlier write."""
    if not writes:
        return []
    owners = {code: number for number, row in known.items() if number not in writes for code, _ in row.codes}
    conflicts = []
    for number, row in writes.items():
        for code, _ in row.codes if row else ():
            owner = owners.setdefault(code, number)
            if owner != number:
                conflicts.append((number, code, owner))
                break
    return conflicts
