"""Reading a snapshot that may have been made by an enemy. Everything is refused that docs/formats/snapshot.md lacks.

The vault runs this in a jail; a store that is rebuilt runs it on what the emergency cloud hands back.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import quote

import msgspec
from pysqlite3 import dbapi2 as sqlite3

from butik.lib.outside import BadDocument, read_anything, read_object
from butik.snapshot.format import (
    FORMAT,
    META_NAMES,
    TABLES,
    Article,
    Assistant,
    BadSnapshot,
    Barcode,
    Device,
    Id,
    Pos,
    PriceFile,
    SeriesHead,
)

LARGEST = 2 * 1024 * 1024 * 1024  # bytes of the file
_MAGIC = b"SQLite format 3\x00"
_TREE = {"organisation", "company", "chain", "store"}

Row = TypeVar("Row", bound=NamedTuple)


class Snapshot:
    """An open snapshot, read row by row. Every method may raise BadSnapshot. Use it in a `with`."""

    def __init__(self, file: sqlite3.Connection, meta: dict[str, str]) -> None:
        self._file = file
        self.meta = meta

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def tree(self) -> dict[str, dict[str, Any]]:
        """Organisation, company, chain and store as in feed kind `store`."""
        return read_object(self.meta["tree"].encode())

    def articles(self, *, since: int = -1) -> Iterator[Article]:
        """All, or those that have become what they are behind a position of the feed."""
        return self._rows("article", Article, "WHERE version > ?", [since])

    def articles_numbered(self, numbers: Sequence[str]) -> Iterator[Article]:
        """Those of some thousand numbers that are there."""
        return self._rows("article", Article, f"WHERE number IN ({', '.join('?' * len(numbers))})", numbers)

    def article_count(self) -> int:
        try:
            return int(self._file.execute("SELECT count(*) FROM article").fetchone()[0])
        except sqlite3.Error as error:
            raise BadSnapshot(f"its articles cannot be counted: {error}"[:200]) from error

    def barcodes(self) -> Iterator[Barcode]:
        return self._rows("barcode", Barcode)

    def price_file(self) -> PriceFile | None:
        """The one price file, if the store had any; its content is what its SHA-256 says."""
        found = list(self._rows("price_file", PriceFile))
        if len(found) > 1:
            raise BadSnapshot("more than one price file")
        if found and hashlib.sha256(found[0].content).hexdigest() != found[0].sha256:
            raise BadSnapshot("the price file is not what its SHA-256 says")
        return found[0] if found else None

    def assistants(self) -> Iterator[Assistant]:
        return self._rows("assistant", Assistant)

    def poss(self) -> Iterator[Pos]:
        return self._rows("pos", Pos)

    def devices(self) -> Iterator[Device]:
        return self._rows("device", Device)

    def series(self) -> Iterator[SeriesHead]:
        return self._rows("series", SeriesHead)

    def _rows(self, table: str, kind: type[Row], which: str = "", values: Sequence[object] = ()) -> Iterator[Row]:
        columns = ", ".join(kind._fields)
        try:
            with closing(self._file.execute(f"SELECT {columns} FROM {table} {which}", values)) as rows:  # noqa: S608 - our own names
                for row in rows:
                    yield msgspec.convert(row, kind, strict=False)  # SQLite has no truth, only 0 and 1
        except (sqlite3.Error, msgspec.ValidationError, OverflowError) as error:
            raise BadSnapshot(f"a row of {table} does not fit: {error}"[:200]) from error


def open_snapshot(path: Path, *, limit: int = LARGEST) -> Snapshot:
    """Open a file after everything about it has been checked but its single rows. Raises BadSnapshot."""
    _check_header(path, limit)
    try:
        # immutable: no journal and no WAL of somebody else's making is looked for beside it
        file = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True, isolation_level=None
        )
    except sqlite3.Error as error:
        raise BadSnapshot(f"cannot be opened: {error}") from error
    try:
        _harden(file)
        _check_schema(file)
        _check_pages(file)
        return Snapshot(file, _read_meta(file))
    except sqlite3.Error as error:
        file.close()
        raise BadSnapshot(f"not a sound SQLite file: {error}"[:200]) from error
    except BaseException:
        file.close()
        raise


def _check_header(path: Path, limit: int) -> None:
    """Before SQLite sees it: a plain file, of its own length, without a log that would be wanted beside it."""
    if path.is_symlink() or not path.is_file():
        raise BadSnapshot("not a file")
    size = path.stat().st_size
    if size > limit:
        raise BadSnapshot("larger than may be")
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise BadSnapshot("not a SQLite file")
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    if size != page * int.from_bytes(header[28:32], "big"):
        raise BadSnapshot("cut, or something was added to it")
    if header[18:20] != b"\x01\x01":
        raise BadSnapshot("a file with a log beside it")


def _harden(file: sqlite3.Connection) -> None:
    file.execute("PRAGMA trusted_schema = OFF")
    file.execute("PRAGMA cell_size_check = ON")
    file.execute("PRAGMA query_only = ON")
    file.execute("PRAGMA mmap_size = 0")


def _check_schema(file: sqlite3.Connection) -> None:
    found = {name: (kind, sql) for kind, name, sql in file.execute("SELECT type, name, sql FROM sqlite_schema")}
    extra = sorted(str(name)[:40] for name in found.keys() - TABLES.keys())
    if extra:
        raise BadSnapshot(f"has what a snapshot has not: {', '.join(extra[:3])}")
    for name, sql in TABLES.items():
        if found.get(name) != ("table", sql):
            raise BadSnapshot(f"the table {name} is missing or another")


def _check_pages(file: sqlite3.Connection) -> None:
    if [said for (said,) in file.execute("PRAGMA quick_check(1)")] != ["ok"]:
        raise BadSnapshot("fails SQLite's quick_check")


def _read_meta(file: sqlite3.Connection) -> dict[str, str]:
    meta = dict(file.execute("SELECT name, value FROM meta"))
    if meta.get("format") != FORMAT:
        raise BadSnapshot("an unknown format")
    if meta.keys() != META_NAMES:
        raise BadSnapshot("meta has other names than it should")
    try:
        for name in ("org", "chain", "store"):
            msgspec.convert(meta[name], Id)
        if datetime.fromisoformat(meta["made_at"]).tzinfo is None or int(meta["position"]) < 0:
            raise BadSnapshot("meta does not fit")
        tree = read_anything(meta["tree"].encode())
    except (BadDocument, msgspec.ValidationError, ValueError) as error:
        raise BadSnapshot("meta does not fit") from error
    if not isinstance(tree, dict) or tree.keys() != _TREE or not all(isinstance(each, dict) for each in tree.values()):
        raise BadSnapshot("meta has no tree")
    if any(tree[each].get("id") != meta[name] for each, name in _NAMED):
        raise BadSnapshot("tree and meta speak of different stores")
    return meta


_NAMED = (("organisation", "org"), ("chain", "chain"), ("store", "store"))
