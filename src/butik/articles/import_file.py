"""Opening a CSV file as it comes: packed or not, in any encoding, with any delimiter. In bounded memory."""

import csv
import gzip
import io
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder, lookup
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from charset_normalizer import from_bytes
from django.utils.translation import gettext_noop

from butik.articles.words import FileProblem

LARGEST_FILE = 100 * 1024 * 1024  # unpacked
SAMPLE = 256 * 1024
DELIMITERS = ";,\t|"
# What shops' systems write that do not write UTF-8: Windows, DOS, Mac.
NORDIC_ENCODINGS = ("cp1252", "cp850", "mac_roman")
EXPECTED = frozenset("æøåÆØÅäöÄÖüÜéÉèêáàâëïíóôúçñßðþÐÞ½€£§®°\u00a0")
OLD_ENCODINGS = ["cp1252", "cp850", "mac_roman", "cp1250", "cp1255"]
_TOO_LARGE = gettext_noop(
    "The file is larger than %(limit)s MB. Split it, or leave out the columns that are not needed."
)

Row = tuple[int, list[str]]  # line number, cells
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class CsvShape:
    """What was found out about a file before its rows are read."""

    encoding: str
    delimiter: str
    header: list[str]
    sample: list[list[str]]  # its first rows


def find_shape(path: Path, encoding: str = "", recognise: Callable[[list[str]], int] = len) -> CsvShape:
    """Find encoding and delimiter; `recognise` counts the columns of a header that make sense."""
    sample = read_sample(path)
    if not sample.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise FileProblem(gettext_noop("The file is empty."))
    if sample.startswith(b"PK\x03\x04"):
        raise FileProblem(gettext_noop("This is a zip or Excel file. Save the sheet as CSV and import that."))
    encoding = _checked_encoding(encoding) if encoding else find_encoding(sample)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = text.splitlines()
    if len(sample) == SAMPLE and len(lines) > 1:
        lines.pop()  # probably cut through
    is_named = lines[0].lower().startswith("sep=") and len(lines[0]) == 5
    delimiter = lines[0][4] if is_named else _find_delimiter(lines, recognise)
    rows = _sample_rows(lines[is_named:], delimiter)
    if not rows:
        raise FileProblem(gettext_noop("The file is empty."))
    return CsvShape(encoding, delimiter, [name.strip() for name in rows[0]], rows[1:])


def read_sample(path: Path) -> bytes:
    with _unpacked(path) as file:
        return file.read(SAMPLE)


def find_encoding(sample: bytes) -> str:
    for mark, name in ((BOM_UTF8, "utf-8-sig"), (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return name
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    try:
        getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _old_encoding(sample)
    return "utf-8"


def _old_encoding(sample: bytes) -> str:
    """One byte a letter: the encoding in which what is not ASCII becomes letters that shops here write."""
    special = bytes(each for each in sample if each > 127)
    shares = {
        name: sum(letter in EXPECTED for letter in special.decode(name, "replace")) / len(special)
        for name in NORDIC_ENCODINGS
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > 0.8:
        return best
    guess = from_bytes(sample, cp_isolation=OLD_ENCODINGS).best()
    return guess.encoding if guess else best


def _checked_encoding(name: str) -> str:
    try:
        return lookup(name).name
    except LookupError:
        raise FileProblem(gettext_noop("There is no encoding “%(encoding)s”."), encoding=name) from None


def _find_delimiter(lines: list[str], recognise: Callable[[list[str]], int]) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        rows = _sample_rows(lines[:20], delimiter)
        return (recognise(rows[0]), len(rows[0])) if rows else (0, 0)

    return max(DELIMITERS, key=score)


def _sample_rows(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    except csv.Error:
        return []


def read_rows(path: Path, shape: CsvShape, progress: Progress = lambda _: None) -> Iterator[Row]:
    """The rows after the header, streamed; blank lines are none. `progress` is told the share that was read."""
    try:
        with _text(path, shape.encoding, progress) as file:
            reader = csv.reader(file, delimiter=shape.delimiter)
            _skip_header(reader, shape)
            before = reader.line_num
            for cells in reader:
                if cells:
                    _check_quotes(cells, before + 1, reader.line_num, shape)
                    yield before + 1, cells
                before = reader.line_num
    except csv.Error as error:
        raise FileProblem(
            gettext_noop("The file is not a table of rows and columns: %(error)s."), error=error
        ) from None
    except UnicodeError:
        raise FileProblem(
            gettext_noop("The file is not written in %(encoding)s. Say which encoding it has."), encoding=shape.encoding
        ) from None


def _skip_header(reader: "Iterator[list[str]]", shape: CsvShape) -> None:
    for cells in reader:
        if [name.strip().removeprefix("\ufeff") for name in cells] == shape.header:
            return


def _check_quotes(cells: list[str], first: int, last: int, shape: CsvShape) -> None:
    # A quotation mark that is never closed swallows the lines behind it: nothing may disappear like that.
    if last > first and len(cells) != len(shape.header):
        raise FileProblem(gettext_noop("A quotation mark that opens on line %(line)s is not closed."), line=first)


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
