"""What a file would do to a chain's articles, before anything is written. Pure but for reading the file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext_noop

from butik.articles.import_codes import unguard
from butik.articles.import_columns import Columns, count_known, match_columns
from butik.articles.import_dates import DateReader
from butik.articles.import_file import CsvShape, Progress, Row, as_line, find_shape, read_rows
from butik.articles.import_options import ImportOptions, check_options
from butik.articles.import_read import ReadRow, RowReader
from butik.articles.import_values import KNOWN_VAT, are_shares, find_decimal_mark, has_two_readings, read_price
from butik.articles.rows import ArticleRow, Articles
from butik.articles.words import Choice, FileProblem, FileQuestion, Refusal, Said, say

ABOVE = gettext_noop("This line stands above the names of the columns and was left out.")
SHARES = gettext_noop("VAT rates are written as shares in this file: 0,25 is 25 %%.")
JOINED = gettext_noop("Says more of the article on line %(line)s: taken together, with all their barcodes.")
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
    nameless: int = 0  # refused, and not even the article that they are about could be read
    joined: int = 0  # rows that said more of an article that an earlier row is about
    before: int = 0  # articles of the chain before the import

    @property
    def remarked(self) -> int:
        return len({each.line for each in self.remarks if not each.is_refused})

    @property
    def needs_a_person(self) -> bool:
        """More than 5 % would go: perhaps the file was cut off, or is another shop's.

        Or some would, and a row was refused of which not even the number could be read: it may be one of those.
        """
        going = sum(1 for row in self.writes.values() if row is None)
        return going * HELD_SHARE > self.before or (going > 0 and self.nameless > 0)


@dataclass(slots=True)
class _Step:
    """What the last row about an article did to the counts, should it have to be taken back."""

    line: int
    outcome: str


def make_plan(
    path: Path,
    options: ImportOptions,
    *,
    currency: str,
    known: Articles,
    today: date | None = None,
    progress: Progress = lambda _: None,
) -> Plan:
    """Read the whole file and compare it with the articles that are known.

    `today` helps to tell dates apart. Raises FileQuestion where a person must say how to read it, FileProblem if it
    cannot be used.
    """
    check_options(options)
    if options.constants.get("currency", currency) != currency:
        raise FileProblem(
            gettext_noop("The file's currency is %(word)s, but the chain's is %(currency)s."),
            word=options.constants["currency"],
            currency=currency,
        )
    named = [*options.columns.values(), *options.filters]
    shape = find_shape(path, options.encoding, lambda header: count_known(header, named))
    columns = match_columns(shape, options)
    planner = _Planner(path, options, shape, columns, currency, known, today)
    planner.read(progress)
    return planner.finish()


class _Planner:
    def __init__(
        self,
        path: Path,
        options: ImportOptions,
        shape: CsvShape,
        columns: Columns,
        currency: str,
        known: Articles,
        today: date | None,
    ) -> None:
        mark = options.decimal or _decimal_mark(shape, columns, currency)
        shares = are_shares(_sample_of("vat", shape, columns))
        self._path = path
        self._options = options
        self._known = known
        self._plan = Plan(shape, columns, mark, before=len(known))
        # in a file of changes a later row builds on an earlier one
        self._now = dict(known) if options.changes else known
        rates = frozenset(options.vat_rates) or KNOWN_VAT.get(currency, frozenset())
        try:
            self._reader = RowReader(
                columns, mark=mark, currency=currency, vat_rates=rates, vat_as_share=shares, known=self._now
            )
        except Refusal as refusal:
            raise FileProblem(refusal.said.message, **refusal.said.values) from None
        self._steps: dict[str, _Step] = {}
        self._kept: set[str] = set()  # refused, yet mentioned: what it stood for stays as it is
        self._said: dict[str, ArticleRow | None] = {}  # what the file has said of an article so far
        self._dates: dict[str, str] = {}
        self._date_reader = DateReader(options.dates, _sample_of("date", shape, columns), today)
        for above in shape.above:
            self._remark(above.line, above.cells, "", say(ABOVE))
        if shares:
            self._remark(shape.header_line, shape.header, "", say(SHARES))

    def read(self, progress: Progress) -> None:
        take = self._take_change if self._options.changes else self._take
        for line, cells, fault in self._wanted(progress):
            self._plan.rows += 1
            try:
                if fault:
                    raise Refusal(fault.message, **fault.values)
                take(line, cells)
            except Refusal as refusal:
                self._refuse(line, cells, refusal.said)
        if not self._plan.rows:
            raise FileProblem(gettext_noop("The file has no rows, or none that the filter takes."))

    def _wanted(self, progress: Progress) -> Iterator[Row]:
        rows = read_rows(self._path, self._plan.shape, progress)
        if not self._options.filters:
            return rows
        wants = self._reader.wants
        return (row for row in rows if wants(row.cells))

    def _take(self, line: int, cells: list[str]) -> None:
        read = self._reader.read(cells)
        earlier = self._steps.get(read.number)
        if not earlier:
            self._settle(line, cells, read)
        elif not self._join(line, cells, read, earlier):
            raise Refusal(gettext_noop("The article is already on line %(line)s."), line=earlier.line)

    def _join(self, line: int, cells: list[str], read: ReadRow, earlier: "_Step") -> bool:
        """One row for each barcode: rows that are alike but for it are one article with all of them."""
        first = self._said.get(read.number)
        if first is None or read.row is None or first.codes == read.row.codes:
            return False
        codes = dict(first.codes)
        is_alike = first._replace(codes=()) == read.row._replace(codes=())
        if (
            not is_alike
            or codes.keys() >= dict(read.row.codes).keys()
            or any(codes.get(code, quantity) != quantity for code, quantity in read.row.codes)
        ):
            return False
        joined = first._replace(codes=tuple(sorted({*first.codes, *read.row.codes})))
        if not self._options.changes:
            self._count(earlier.outcome, -1)
            self._plan.writes.pop(read.number, None)
        self._settle(earlier.line, [], ReadRow(read.number, joined, []))
        if self._options.changes:
            self._count(self._steps[read.number].outcome, -1)
            self._steps[read.number] = earlier
        self._plan.joined += 1
        for said in (*read.remarks, say(JOINED, line=earlier.line)):
            self._remark(line, cells, read.number, said)
        return True

    def _take_change(self, line: int, cells: list[str]) -> None:
        places = self._plan.columns.places
        op = cells[places["op"]].strip().lower() if places["op"] < len(cells) else ""
        if op not in _OPS:
            raise Refusal(gettext_noop("“%(op)s” is not a change: add, chg or del."), op=op)
        number = self._reader.read_key(cells)
        is_same_day = self._check_date(number, cells)
        read = self._reader.read(cells) if _OPS[op] else ReadRow(number, None, [])
        earlier = self._steps.get(number)
        if not (earlier and is_same_day and self._join(line, cells, read, earlier)):
            self._settle(line, cells, read)
        now = self._said[number]
        if now is None:
            self._now.pop(number, None)
        else:
            self._now[number] = now

    def _check_date(self, number: str, cells: list[str]) -> bool:
        """Whether the row is of the same moment as the last one about that article; it must not be older."""
        place = self._plan.columns.places.get("date")
        written = unguard(cells[place]) if place is not None and place < len(cells) else ""
        last = self._dates.get(number, written)
        if written and last and written != last and self._date_reader.is_before(written, last):
            raise Refusal(
                gettext_noop("The change is older than the one on line %(line)s."), line=self._steps[number].line
            )
        if written:
            self._date_reader.read(written)
        self._dates[number] = written
        return written == last

    def _settle(self, line: int, cells: list[str], read: ReadRow) -> None:
        before = self._now.get(read.number)
        if before == read.row:
            outcome = "unchanged"
        elif read.row is None:
            outcome = "deleted"
        else:
            outcome = "added" if before is None else "changed"
        self._count(outcome, 1)
        self._said[read.number] = read.row
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
            self._plan.nameless += 1
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
        for line, cells, _ in self._fetch(set(refusals)):
            number, said = refusals[line]
            self._plan.remarks = [each for each in self._plan.remarks if each.line != line]
            self._remark(line, cells, number, said, is_refused=True)

    def _remark_unknown_links(self) -> None:
        writes, known = self._plan.writes, self._known
        unknown: dict[int, tuple[str, str]] = {}
        for number, row in writes.items():
            if row and row.linked and not (writes[row.linked] if row.linked in writes else known.get(row.linked)):
                unknown[self._steps[number].line] = (number, row.linked)
        for line, cells, _ in self._fetch(set(unknown)):
            number, linked = unknown[line]
            said = say(
                gettext_noop("The linked article %(linked)s is not known; nothing is sold along."), linked=linked
            )
            self._remark(line, cells, number, said)

    def _fetch(self, lines: set[int]) -> Iterator[Row]:
        """Read those rows once more; they are few, and keeping all rows would not be."""
        if lines:
            yield from (row for row in read_rows(self._path, self._plan.shape) if row.line in lines)


def _sample_of(field_name: str, shape: CsvShape, columns: Columns) -> list[str]:
    place = columns.places.get(field_name)
    return [row[place] for row in shape.sample if place < len(row)] if place is not None else []


def _decimal_mark(shape: CsvShape, columns: Columns, currency: str) -> str:
    """The mark of the file's prices; raise FileQuestion where a price means two things and none of them tells."""
    prices = _sample_of("price", shape, columns)
    mark = find_decimal_mark(prices)
    unclear = None if mark else next((price for price in prices if has_two_readings(price, currency)), None)
    if unclear is None:
        return mark
    raise FileQuestion(
        gettext_noop("“%(price)s” can be read in two ways, and no other price of the file tells which is meant."),
        option="decimal",
        choices=[Choice(each, f"{unclear} = {read_price(unclear, each, currency) / 100:.2f}") for each in (",", ".")],
        price=unclear,
    )


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
