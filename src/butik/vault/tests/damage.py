"""RT-12: what a store controller in wrong hands could upload. Each case is a file, and what its manifest says of it.

Two kinds: bytes changed on the way (the seal must show it), and files that an enemy has made with care and sealed well
(the reader must refuse them). Cases are made one by one, as they are examined.
"""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pyrage
import zstandard
from pysqlite3 import dbapi2 as sqlite3

from butik.lib.ids import new_id
from butik.snapshot.format import TABLES, Article, PriceFile
from butik.snapshot.write import Content, write_snapshot
from butik.vault.evidence import Order
from butik.vault.keys import recipient_of
from butik.vault.tests.depot import POSITION, Depot, Sealed, make_article, midday, price_file_of

BLOCK = 128 * 1024
HUGE = 10 * 1024**3


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    order: Order
    body: bytes


def all_cases(depot: Depot, chance: Random) -> Iterator[Case]:
    """Some 500. All must be refused, with a reason, by the code of the jail's inside."""
    good = depot.backup(at=midday(20), content=large_content(depot, chance))
    order = depot.order(good.manifest)
    yield from changed_on_the_way(order, good.body, chance)
    yield from of_others(depot, order, good)
    yield from bombs(depot, order)
    yield from hostile_databases(depot)
    yield from hostile_contents(depot)


def large_content(depot: Depot, chance: Random, articles: int = 6000) -> Content:
    """So much that packing leaves several hundred kilobytes: names are noise."""
    rows = [
        make_article(number)._replace(name=f"{chance.getrandbits(320):080x}", group_name=f"{number % 40}")
        for number in range(articles)
    ]
    return replace(depot.content(at=midday(20)), articles=rows, barcodes=[], price_file=price_file_of(rows))


# --- bytes changed on the way ---


def changed_on_the_way(order: Order, body: bytes, chance: Random) -> Iterator[Case]:
    for at in range(0, len(body), 4096):
        yield Case(f"cut at {at}", order, body[:at])
    for place in [*range(200), *(chance.randrange(len(body)) for _ in range(80))]:
        flipped = bytearray(body)
        flipped[place] ^= 1 << chance.randrange(8)
        yield Case(f"bit flipped at {place}", order, bytes(flipped))
    chunk = 64 * 1024 + 16  # as age parts a file, and then what is swapped is whole
    head = len(body) % chunk
    for size in (chunk, 4096):
        for first in range(head, len(body) - 2 * size, size if size == chunk else 16 * size):
            a, b = body[first : first + size], body[first + size : first + 2 * size]
            yield Case(f"{size} bytes swapped at {first}", order, body[:first] + b + a + body[first + 2 * size :])
    for tail in (b"\0", b"more", body):
        yield Case("something behind it", order, body + tail)
    yield Case("nothing at all", order, b"")
    yield Case("noise", order, chance.randbytes(len(body)))


# --- of others ---


def of_others(depot: Depot, order: Order, good: Sealed) -> Iterator[Case]:
    stranger = pyrage.x25519.Identity.generate()
    for at in (midday(20), midday(20) - timedelta(seconds=1)):
        content = depot.content(at=at)
        wrong = depot.seal_content(content, at, recipient=str(stranger.to_public()))
        yield Case("sealed to somebody else", depot.order(wrong.manifest), wrong.body)
    sister = replace(depot.sister(13))
    theirs = sister.backup(at=midday(20))
    fits: dict[str, Any] = {
        "plain_size": theirs.manifest.plain_size,
        "articles": theirs.manifest.articles,
        "price_file": theirs.manifest.price_file,
    }
    yield Case("another store's file", msgspec.structs.replace(order, **fits), theirs.body)
    foreign = Depot(new_id(), new_id(), depot.store_id, depot.root).content(at=midday(20))
    yield _content(depot, "another chain's file", foreign)
    abroad = replace(depot.content(at=midday(20)))
    for name in ("org", "chain"):
        other = replace(abroad, meta=dict(abroad.meta) | {name: str(sister.store_id)})
        sealed = depot.seal_content(other, midday(20))
        yield Case(f"another {name}'s file", depot.order(sealed.manifest), sealed.body)
    for days in (1, 7, 30):
        old = depot.backup(at=midday(20) - timedelta(days=days))
        as_new = msgspec.structs.replace(depot.order(old.manifest), made_at=midday(20))
        yield Case(f"a file of {days} days ago under a new name", as_new, old.body)
    for name, value in (("articles", 59), ("articles", 6001), ("price_file", "0" * 64), ("plain_size", 4096)):
        yield Case(f"{name} is not what the manifest says", msgspec.structs.replace(order, **{name: value}), good.body)


# --- bombs ---


def bombs(depot: Depot, order: Order) -> Iterator[Case]:
    """10 GB that come out of a few hundred kilobytes, made by hand: packing them would take longer than the sweep."""
    for name, says in (("says so", HUGE), ("says less", order.plain_size), ("says nothing", None)):
        packed = zstd_frame(HUGE, says)
        yield Case(f"a bomb that {name}", order, _sealed(depot, packed))
    small = zstandard.ZstdCompressor(level=1).compress(bytes(100_000))
    yield Case("a second frame behind the first", order, _sealed(depot, small + small))
    yield Case(
        "a window larger than memory", order, _sealed(depot, zstd_frame(order.plain_size, order.plain_size, 0xA8))
    )
    yield Case("not packed", order, _sealed(depot, bytes(order.plain_size)))
    unpacked = gzip.compress(b" " * (200 * 1024 * 1024), 1)
    for content in (unpacked, gzip.compress(b"[" * 5_000_000, 1)):
        yield _with_prices(depot, content)


def zstd_frame(size: int, says: int | None, window: int = 0x38) -> bytes:
    """A zstd frame of blocks that each repeat one byte 128 KiB times; `says` its content's length in its header."""
    head = b"\x28\xb5\x2f\xfd" + bytes([0xC0 if says is not None else 0x00, window])
    if says is not None:
        head += says.to_bytes(8, "little")
    whole, rest = divmod(size, BLOCK)
    blocks = (BLOCK << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    return head + blocks * whole + (rest << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"


def _sealed(depot: Depot, packed: bytes) -> bytes:
    sealed: bytes = pyrage.encrypt(packed, [pyrage.x25519.Recipient.from_str(recipient_of(depot.chain))])
    return sealed


# --- hostile SQLite: well sealed, and not what it says ---

AS_VIEWS = tuple(table for table in TABLES if table != "meta")


def hostile_databases(depot: Depot) -> Iterator[Case]:
    for table in TABLES:
        yield _sql(depot, f"{table} is missing", f"DROP TABLE {table}")
        yield _sql(depot, f"a trigger on {table}", f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN SELECT 1; END")
        yield _sql(depot, f"an index on {table}", f"CREATE INDEX i ON {table} ({_first_column(table)} DESC)")
        yield _sql(depot, f"another column in {table}", f"ALTER TABLE {table} ADD COLUMN more TEXT")
        yield _sql(
            depot, f"a renamed column in {table}", f"ALTER TABLE {table} RENAME COLUMN {_first_column(table)} TO x"
        )
    for table in AS_VIEWS:
        yield _sql(
            depot,
            f"{table} is a view",
            f"ALTER TABLE {table} RENAME TO hidden",
            f"CREATE VIEW {table} AS SELECT * FROM hidden",  # noqa: S608 - our own names
        )
        yield _sql(depot, f"{table} is a table that is not strict", *_loosely(table))
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
    yield _sql(
        depot,
        "a view without end",
        "DROP TABLE pos",
        f"CREATE VIEW pos AS {endless} i AS id, i AS number, i AS name FROM n",
    )
    yield _sql(depot, "a table more", "CREATE TABLE more (a)")
    yield _sql(depot, "a virtual table", "CREATE VIRTUAL TABLE more USING fts5(a)")
    yield _sql(depot, "statistics", "ANALYZE")
    for name, change in FILE_CHANGES.items():
        yield from _changed_file(depot, name, change)


def _first_column(table: str) -> str:
    return TABLES[table].partition("(")[2].partition(" ")[0]


def _loosely(table: str) -> tuple[str, ...]:
    loose = TABLES[table].replace(" STRICT, WITHOUT ROWID", "").replace(" STRICT", "")
    copied = f"INSERT INTO {table} SELECT * FROM old"  # noqa: S608 - our own names
    return f"ALTER TABLE {table} RENAME TO old", loose, copied, "DROP TABLE old"


def _sql(depot: Depot, name: str, *statements: str) -> Case:
    def change(plain: Path) -> None:
        with closing(sqlite3.connect(plain, isolation_level=None)) as file:
            for statement in statements:
                file.execute(statement)

    return next(_changed_file(depot, name, change))


def _changed_file(depot: Depot, name: str, change: Callable[[Path], None]) -> Iterator[Case]:
    content = depot.content(at=midday(20))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain"
        write_snapshot(plain, content)
        change(plain)
        sealed = depot.seal_file(plain, content, midday(20))
    yield Case(name, depot.order(sealed.manifest), sealed.body)


def _poke(at: int, value: bytes) -> Callable[[Path], None]:
    def poke(plain: Path) -> None:
        data = bytearray(plain.read_bytes())
        data[at : at + len(value)] = value
        plain.write_bytes(data)

    return poke


def _loop(plain: Path) -> None:
    """Give the pages of every table a child that is the table itself: a tree without an end."""
    with closing(sqlite3.connect(plain)) as file:
        roots = [root for (root,) in file.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")]
        (size,) = next(iter(file.execute("PRAGMA page_size")))
    data = bytearray(plain.read_bytes())
    for root in roots:
        at = (root - 1) * size
        data[at] = 0x05 if data[at] in {0x0D, 0x05} else 0x02  # an inner page
        data[at + 8 : at + 12] = root.to_bytes(4, "big")
    plain.write_bytes(data)


def _cut(plain: Path) -> None:
    plain.write_bytes(plain.read_bytes()[:-1000])


def _append(plain: Path) -> None:
    plain.write_bytes(plain.read_bytes() + bytes(4096))


def _pages_swapped(plain: Path) -> None:
    data = plain.read_bytes()
    plain.write_bytes(data[:4096] + data[8192:12288] + data[4096:8192] + data[12288:])


def _poke_all(plain: Path) -> None:
    plain.write_bytes(b"")


FILE_CHANGES: dict[str, Callable[[Path], None]] = {
    "trees that loop": _loop,
    "a cut database": _cut,
    "pages behind it": _append,
    "pages that were swapped": _pages_swapped,
    "not SQLite": _poke(0, b"PNG"),
    "a page size of 1": _poke(16, b"\x00\x01"),
    "a page size of 3": _poke(16, b"\x00\x03"),
    "a log wanted beside it": _poke(18, b"\x02\x02"),
    "a version of the far future": _poke(18, b"\x09\x09"),
    "more pages than there are": _poke(28, b"\x7f\xff\xff\xff"),
    "a list of free pages that leads nowhere": _poke(32, b"\x00\x00\xff\xff\x00\x00\x00\x09"),
    "an unknown schema format": _poke(44, b"\x00\x00\x00\x77"),
    "a schema that is a free page": _poke(100, b"\x00"),
    "a schema whose cells lie outside": _poke(103, b"\xff\xff\xff\xff"),
    "an empty file": _poke_all,
}


# --- contents that fit the tables, and still cannot be sold from ---


def hostile_contents(depot: Depot) -> Iterator[Case]:
    base = depot.content(at=midday(20))
    articles = list(base.articles)
    for name, wrong in {
        "made_at": ["yesterday", "2026-11-20T12:00:00", ""],
        "position": ["-1", "x", ""],
        "format": ["butik-snapshot/2", ""],
        "tree": ["[]", "{}", "[" * 100_000, json.dumps({"store": 1}), "x"],
        "org": ["x"],
        "store": ["../../etc/passwd"],
    }.items():
        for value in wrong:
            yield _content(depot, f"meta {name} is {value[:20]!r}", replace(base, meta=dict(base.meta) | {name: value}))
    for part, said in TREES:
        tree = json.loads(base.meta["tree"])
        tree[part] |= said
        yield _content(depot, f"tree: {said}"[:60], replace(base, meta=dict(base.meta) | {"tree": json.dumps(tree)}))
    yield _content(depot, "no price file", replace(base, price_file=None))
    yield _content(depot, "no articles", replace(base, articles=[], price_file=price_file_of([])))
    for name, change in ROW_CHANGES.items():
        changed = [change(row) for row in articles]
        yield _content(depot, name, replace(base, articles=changed, barcodes=[], price_file=price_file_of(articles)))
    yield _content(depot, "half the articles", replace(base, price_file=price_file_of(articles[:30])))
    older = [row._replace(version=row.version + 1000) for row in articles]
    behind = price_file_of(older, POSITION - 1)
    yield _content(depot, "prices of the future", replace(base, price_file=behind))
    for name, said in COLUMNS.items():
        yield _with_columns(depot, articles, name, said)
    for rubbish in (b"", b"x", b"\x1f\x8b", gzip.compress(b"{}"), gzip.compress(b"[]"), gzip.compress(b"nul")):
        yield _with_prices(depot, rubbish)


ROW_CHANGES: dict[str, Callable[[Article], Article]] = {
    "one price is a krone lower": lambda row: row._replace(price=row.price - 100),
    "another VAT rate": lambda row: row._replace(vat_rate=1200),
    "another text": lambda row: row._replace(text="BILLIGT"),
    "sold though blocked": lambda row: row._replace(blocked=True),
    "sold to children": lambda row: row._replace(age_limit=16),
    "another number": lambda row: row._replace(number=f"9{row.number}"),
}
TREES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("store", {"timezone": 3}),
    ("store", {"name": ""}),
    ("store", {"name": "x" * 1000}),
    ("store", {"number": -1}),
    ("store", {"number": 999_999_999}),
    ("company", {"vat_number": "x" * 1000}),
    ("company", {"id": "x"}),
)
COLUMNS: dict[str, dict[str, Any]] = {
    "a count too many": {"count": 61},
    "a count too few": {"count": 59},
    "a negative count": {"count": -1},
    "an endless count": {"count": 2**62},
    "fewer prices": {"prices": [1] * 59},
    "prices that are texts": {"prices": ["1"] * 60},
    "barcodes that stand for nothing": {"barcode_articles": [1000] * 60},
    "barcodes that count from the end": {"barcode_articles": [-5] + [0] * 59},
    "fewer places than barcodes": {"barcode_articles": [0]},
    "a VAT rate that is not there": {"vat": "9" * 60},
    "a VAT rate of minus everything": {"vat_rates": [-10_000, -10_000]},
    "another format": {"format": "butik-prices/2"},
    "a link to nowhere": {"links": [[0, 999]]},
}


def _with_columns(depot: Depot, articles: list[Article], name: str, said: dict[str, Any]) -> Case:
    columns = msgspec.json.decode(gzip.decompress(price_file_of(articles).content)) | said
    return _with_prices(depot, gzip.compress(msgspec.json.encode(columns)), name)


def _with_prices(depot: Depot, content: bytes, name: str = "") -> Case:
    file = PriceFile(4, POSITION, hashlib.sha256(content).hexdigest(), "a.b.c", content)
    return _content(
        depot, name or f"a price file of {content[:4]!r}", replace(depot.content(at=midday(20)), price_file=file)
    )


def _content(depot: Depot, name: str, content: Content) -> Case:
    sealed = depot.seal_content(content, midday(20))
    return Case(name, depot.order(sealed.manifest), sealed.body)
