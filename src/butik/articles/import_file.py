"""Opening a CSV file as it comes: packed or not, in any encoding, with any delimiter. In bounded memory."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO, cast

from django.utils.translation import gettext_noop

from butik.articles.import_encoding import SAMPLE, checked_encoding, find_encoding
from butik.articles.words import FileProblem, Said, say

LARGEST_FILE = 100 * 1024 * 1024  # unpacked
DELIMITERS = ";,\t|"
HEADER_WITHIN = 20  # rows: titles and empty rows may stand above the names of the columns
_TOO_LARGE = gettext_noop(
    "The file is larger than %(limit)s MB. Split it, or leave out the columns that are not needed."
)
STRAY_MARK = gettext_noop(
    "A quotation mark stands in the row where none can be read. Leave it out, or close it; a mark that belongs to the"
    ' text is written twice, in a cell that begins and ends with one: "4"" pipe".'
)
CUT_OFF = gettext_noop("The file ends in the middle of this row: it was cut off.")
# What begins like this is no table of text, whatever its name says.
_OTHER_KINDS = (
    (b"PK\x03\x04", gettext_noop("This is a zip or Excel file. Save the sheet as CSV and import that.")),
    (b"\xd0\xcf\x11\xe0", gettext_noop("This is an Excel file. Save the sheet as CSV and import that.")),
    (b"%PDF", gettext_noop("This is a PDF file. Ask for the prices as CSV and import that.")),
    (b"{\\rtf", gettext_noop("This is a text document. Save the table as CSV and import that.")),
)
_WEB_PAGE = gettext_noop("This is a web page, whatever its name says. Open it in a spreadsheet and save it as CSV.")

Progress = Callable[[float], None]


class Row(NamedTuple):
    line: int
    cells: list[str]
    fault: Said | None = None  # why it cannot be read; its cells are the best that can be made of it


@dataclass(frozen=True, slots=True)
class CsvShape:
    """What was found out about a file before its rows are read."""

    encoding: str
    delimiter: str
    header: list[str]
    sample: list[list[str]]  # its first rows
    above: list[Row]  # what stands above the header
    header_line: int
    records: int  # to pass over until the first row


def find_shape(path: Path, encoding: str = "", recognise: Callable[[list[str]], int] = len) -> CsvShape:
    """Find encoding, delimiter and header; `recognise` counts the columns of a header that make sense."""
    with _unpacked(path) as file:
        sample = file.read(SAMPLE)
        _refuse_other_kinds(sample)
        encoding = checked_encoding(encoding) if encoding else find_encoding(sample, file)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    if len(sample) == SAMPLE and "\n" in text:
        text = text[: text.rindex("\n") + 1]  # the last line is probably cut through
    named = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    delimiter = named[1] if named else _find_delimiter(text, recognise)
    records = _sample_records(text, delimiter)
    filled = [place for place, row in enumerate(records) if any(map(str.strip, row.cells)) and place >= bool(named)]
    if not filled:
        raise FileProblem(gettext_noop("The file is empty."))
    place = _header_place(records, filled, recognise)
    above = [records[each] for each in filled if each < place]
    header = [name.strip().removeprefix("\ufeff") for name in records[place].cells]
    rows = [row.cells for row in records[place + 1 :]]
    return CsvShape(encoding, delimiter, header, rows, above, records[place].line, place + 1)


def _refuse_other_kinds(sample: bytes) -> None:
    if not sample.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise FileProblem(gettext_noop("The file is empty."))
    for beginning, words in _OTHER_KINDS:
        if sample.startswith(beginning):
            raise FileProblem(words)
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|table|meta|\?xml)", sample, re.IGNORECASE):
        raise FileProblem(_WEB_PAGE)


def _header_place(records: list[Row], filled: list[int], recognise: Callable[[list[str]], int]) -> int:
    """The first of the first rows that has the most names of columns; without any name the first row is taken."""
    return max(filled[:HEADER_WITHIN], key=lambda place: (recognise(records[place].cells), -place))


def _find_delimiter(text: str, recognise: Callable[[list[str]], int]) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        rows = [row.cells for row in _sample_records(text, delimiter, HEADER_WITHIN)]
        return max(((recognise(cells), len(cells)) for cells in rows), default=(0, 0))

    return max(DELIMITERS, key=score)


def _sample_records(text: str, delimiter: str, most: int = 0) -> list[Row]:
    records: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            records.append(Row(before + 1, cells))
            before = reader.line_num
            if len(records) == most:
                break
    except csv.Error:
        pass  # reading the rows will say it
    return records


def read_rows(path: Path, shape: CsvShape, progress: Progress = lambda _: None) -> Iterator[Row]:
    """The rows after the header, streamed; blank lines are none. `progress` is told the share that was read."""
    try:
        with _text(path, shape.encoding, progress) as file:
            yield from _records(file, shape)
    except csv.Error as error:
        raise FileProblem(
            gettext_noop("The file is not a table of rows and columns: %(error)s."), error=error
        ) from None
    except UnicodeError:
        raise FileProblem(
            gettext_noop("The file is not written in %(encoding)s. Say which encoding it has."), encoding=shape.encoding
        ) from None


def _records(file: TextIO, shape: CsvShape) -> Iterator[Row]:
    """Every record behind the header that is not blank; where a quotation mark stands astray, line by line."""
    lines = _Lines(file)
    is_sound = _sound_line(shape.delimiter)
    before = 0
    reader = csv.reader(lines, delimiter=shape.delimiter)
    for _cells in islice(reader, shape.records):
        before += len(lines.read)
        lines.read = []
    for cells in reader:
        read, lines.read = lines.read, []
        if len(read) > 1:
            yield from _over_several_lines(read, cells, before + 1, shape)
        elif '"' in read[0] and not is_sound(read[0].rstrip("\r\n")):
            yield Row(before + 1, _bare_cells(read[0], shape), say(STRAY_MARK))
        elif cells and (cells[0].strip() or any(map(str.strip, cells))):
            is_cut = len(cells) < len(shape.header) and not read[0].endswith(("\n", "\r"))
            yield Row(before + 1, cells, say(CUT_OFF)) if is_cut else Row(before + 1, cells)
        before += len(read)


class _Lines:
    """The lines of a file, for csv; remembers those of the record that is being read."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.read: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._file:
            self.read.append(line)
            yield line


def _sound_line(delimiter: str) -> Callable[[str], object]:
    """Whether quotation marks stand only around whole cells, or inside of one that has none around it."""
    part = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*+"[ \t]*|(?!\s*")[^{part}]*+)'
    return re.compile(rf"{cell}(?:{part}{cell})*").fullmatch


def _bare_cells(line: str, shape: CsvShape) -> list[str]:
    return line.rstrip("\r\n").split(shape.delimiter)


def _over_several_lines(read: list[str], cells: list[str], first: int, shape: CsvShape) -> Iterator[Row]:
    """A cell may hold line breaks. But a mark that is never closed swallows the rows behind it: none may disappear."""
    if len(cells) != len(shape.header):
        raise FileProblem(gettext_noop("A quotation mark that opens on line %(line)s is not closed."), line=first)
    bare = [_bare_cells(line, shape) for line in read]
    if sum(len(each) == len(shape.header) for each in bare) < 2:
        yield Row(first, cells)
        return
    for line, (text, parts) in enumerate(zip(read, bare, strict=True), first):
        yield Row(line, parts, say(STRAY_MARK) if '"' in text else None)


def as_line(cells: list[str], delimiter: str) -> str:
    """A row as it stood in the file, safe to be stored."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(cells)
    return out.getvalue().replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


@contextmanager
def _text(path: Path, encoding: str, progress: Progress) -> Iterator[TextIO]:
    # Bytes that are not of this encoding come through marked, so that their rows alone are refused.
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    with _unpacked(path, progress) as file:
        yield io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")


@contextmanager
def _unpacked(path: Path, progress: Progress = lambda _: None) -> Iterator[BinaryIO]:
    size = path.stat().st_size or 1
    with path.open("rb") as stored:
        is_packed = stored.read(2) == b"\x1f\x8b"
        stored.seek(0)
        if not is_packed and size > LARGEST_FILE:
            raise FileProblem(_TOO_LARGE, limit=LARGEST_FILE // 1024**2)
        source = cast(BinaryIO, gzip.GzipFile(fileobj=stored)) if is_packed else stored
        limited = _Limited(source, lambda: progress(min(stored.tell() / size, 1.0)))
        try:
            with io.BufferedReader(limited, 128 * 1024) as file:
                yield cast(BinaryIO, file)
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise FileProblem(gettext_noop("The packed file is damaged or cut off.")) from None


class _Limited(io.RawIOBase):
    """Stops a file that unpacks to more than the limit, however small it looks packed."""

    def __init__(self, source: BinaryIO, on_read: Callable[[], None]) -> None:
        self._source = source
        self._on_read = on_read
        self._left = LARGEST_FILE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = self._source.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise FileProblem(_TOO_LARGE, limit=LARGEST_FILE // 1024**2)
        buffer[: len(data)] = data
        self._on_read()
        return len(data)
