"""Writing a snapshot: a fresh SQLite file with the rows it is given."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite3

from butik.snapshot.format import (
    META_NAMES,
    TABLES,
    Article,
    Assistant,
    Barcode,
    Device,
    Pos,
    PriceFile,
    SeriesHead,
)


@dataclass(frozen=True, slots=True)
class Content:
    """What an emergency needs of a store, as it stood at one moment. `meta` has the names of `format.META_NAMES`."""

    meta: Mapping[str, str]
    articles: Iterable[Article] = ()
    barcodes: Iterable[Barcode] = ()
    price_file: PriceFile | None = None
    assistants: Iterable[Assistant] = ()
    poss: Iterable[Pos] = ()
    devices: Iterable[Device] = ()
    series: Iterable[SeriesHead] = ()


def write_snapshot(path: Path, content: Content) -> None:
    """Write a new file; FileExistsError if there is one. It is not synced: it is only there to be sealed."""
    if set(content.meta) != META_NAMES:
        raise ValueError(f"meta has {sorted(content.meta)}")
    path.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        # nobody reads it before it is whole, so it needs no journal
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        for statement in TABLES.values():
            file.execute(statement)
        _fill(file, "meta", content.meta.items())
        _fill(file, "article", content.articles)
        _fill(file, "barcode", content.barcodes)
        _fill(file, "price_file", [content.price_file] if content.price_file else [])
        _fill(file, "assistant", content.assistants)
        _fill(file, "pos", content.poss)
        _fill(file, "device", content.devices)
        _fill(file, "series", content.series)
        file.execute("COMMIT")


def _fill(file: sqlite3.Connection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    columns = [name for _, name, *_ in file.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    file.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - our own names
