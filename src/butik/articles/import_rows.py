"""Hand-written SQL for many articles at once: reading a chain's, and writing changes with versions and feed entries.

The same statements on both engines: rows are staged in a temporary table (COPY into a table with row-level security is
refused; and on SQLite staging needs no write lock), then everything moves with a few INSERT … SELECT.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from butik.articles.rows import ArticleRow, Articles, fold
from butik.lib.ids import new_hex_ids
from butik.organisation.models import Chain

# One statement and so one snapshot, without a join: right after a large import PostgreSQL would plan that badly.
_READ = """
    SELECT a.id, a.number, a.receipt_text, a.name, COALESCE(g.name, ''), a.unit, a.price, a.vat_rate, a.age_limit,
           a.linked_number, a.is_blocked, a.version, 0
    FROM articles_article a
    LEFT JOIN articles_articlegroup g ON g.id = a.group_id
    WHERE a.organisation_id = %(organisation)s AND a.chain_id = %(chain)s AND NOT a.is_deleted {articles}
    UNION ALL
    SELECT b.article_id, b.code, NULL, NULL, NULL, NULL, b.quantity_milli, NULL, NULL, NULL, NULL, NULL, 1
    FROM articles_barcode b
    WHERE b.organisation_id = %(organisation)s AND b.chain_id = %(chain)s {barcodes}
"""
_STAGED = (
    ("place", "bigint"), ("number", "varchar(20)"), ("article_id", "{id}"), ("version_id", "{id}"), ("feed_id", "{id}"),
    ("receipt_text", "varchar(30)"), ("name", "varchar(200)"), ("search_text", "varchar(230)"),
    ("group_name", "varchar(60)"), ("unit", "varchar(3)"), ("price", "bigint"), ("vat_rate", "integer"),
    ("age_limit", "smallint"), ("linked_number", "varchar(20)"), ("is_blocked", "boolean"), ("is_deleted", "boolean"),
)  # fmt: skip
_STAGED_CODES = (("id", "{id}"), ("number", "varchar(20)"), ("code", "varchar(20)"), ("quantity_milli", "bigint"))

_UPSERT_ARTICLES = """
    INSERT INTO articles_article (id, organisation_id, chain_id, number, receipt_text, name, search_text, group_id,
        unit, price, vat_rate, age_limit, linked_number, is_blocked, is_deleted, version)
    SELECT s.article_id, %(organisation)s, %(chain)s, s.number, s.receipt_text, s.name, s.search_text, g.id,
        s.unit, s.price, s.vat_rate, s.age_limit, s.linked_number, s.is_blocked, s.is_deleted, %(base)s + s.place
    FROM incoming_article s
    LEFT JOIN articles_articlegroup g
        ON g.organisation_id = %(organisation)s AND g.chain_id = %(chain)s AND g.name = s.group_name
    WHERE true
    ON CONFLICT (organisation_id, chain_id, number) DO UPDATE SET
        receipt_text = excluded.receipt_text, name = excluded.name, search_text = excluded.search_text,
        group_id = excluded.group_id, unit = excluded.unit, price = excluded.price, vat_rate = excluded.vat_rate,
        age_limit = excluded.age_limit, linked_number = excluded.linked_number, is_blocked = excluded.is_blocked,
        is_deleted = excluded.is_deleted, version = excluded.version
"""
_INSERT_VERSIONS = """
    INSERT INTO articles_articleversion (id, organisation_id, chain_id, number, version, receipt_text, unit, price,
        vat_rate, is_blocked, is_deleted)
    SELECT s.version_id, %(organisation)s, %(chain)s, s.number, %(base)s + s.place, s.receipt_text, s.unit, s.price,
        s.vat_rate, s.is_blocked, s.is_deleted
    FROM incoming_article s
    WHERE true
    ON CONFLICT (organisation_id, chain_id, number, version) DO NOTHING
"""
_UPSERT_FEED = """
    INSERT INTO changes_feedentry (id, organisation_id, chain_id, store_id, position, kind, key)
    SELECT s.feed_id, %(organisation)s, %(chain)s, NULL, %(base)s + s.place, 'article', s.number
    FROM incoming_article s
    WHERE true
    ON CONFLICT (organisation_id, chain_id, kind, key) DO UPDATE SET position = excluded.position, store_id = NULL
"""
_DELETE_CODES = """
    DELETE FROM articles_barcode
    WHERE organisation_id = %(organisation)s AND chain_id = %(chain)s AND code IN (SELECT code FROM incoming_gone)
"""
_INSERT_CODES = """
    INSERT INTO articles_barcode (id, organisation_id, chain_id, article_id, code, quantity_milli)
    SELECT s.id, %(organisation)s, %(chain)s, a.id, s.code, s.quantity_milli
    FROM incoming_code s JOIN articles_article a
        ON a.organisation_id = %(organisation)s AND a.chain_id = %(chain)s AND a.number = s.number
"""


Versioned = dict[str, tuple[ArticleRow, int]]


class Incoming(NamedTuple):
    """An article to write. `place` + the base of the write is its version."""

    place: int
    number: str
    row: ArticleRow  # the last state of one that goes
    is_deleted: bool
    codes: frozenset[tuple[str, int]]  # that it gets
    gone: frozenset[tuple[str, int]]  # that it loses


def incoming_article(place: int, number: str, old: ArticleRow | None, new: ArticleRow | None) -> Incoming:
    """The write that makes `old` into `new`; one of them is there."""
    row = new or old
    if row is None:
        raise ValueError(f"{number} goes, but was never there")
    before, after = (frozenset(each.codes if each else ()) for each in (old, new))
    return Incoming(place, number, row, new is None, after - before, before - after)


def db_id(value: UUID) -> str:
    """An id as a parameter of hand-written SQL: SQLite keeps the bare digits, PostgreSQL reads them too."""
    return value.hex


def read_articles(chain: Chain) -> Articles:
    """The live articles of a chain."""
    return {number: row for number, (row, _) in read_versioned(chain).items()}


def read_versioned(chain: Chain, numbers: Sequence[str] | None = None) -> Versioned:
    """The live articles of a chain, all or those named, with their versions."""
    if numbers is None:
        return _read(chain, "", "", {})
    articles: Versioned = {}
    for start in range(0, len(numbers), 500):
        named = {f"n{place}": number for place, number in enumerate(numbers[start : start + 500])}
        some = f"number IN ({', '.join(f'%({name})s' for name in named)})"
        of_those = (
            "AND b.article_id IN (SELECT id FROM articles_article"  # noqa: S608 - names of our own
            f" WHERE organisation_id = %(organisation)s AND chain_id = %(chain)s AND {some})"
        )
        articles |= _read(chain, f"AND a.{some}", of_those, named)
    return articles


def _read(chain: Chain, which_articles: str, which_barcodes: str, values: dict[str, str]) -> Versioned:
    scope = {"organisation": db_id(chain.organisation_id), "chain": db_id(chain.id)}
    found: list[tuple[Any, ...]] = []
    codes: dict[Any, tuple[tuple[str, int], ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(articles=which_articles, barcodes=which_barcodes), scope | values)
        while rows := cursor.fetchmany(2000):
            for row in rows:
                if row[12]:
                    codes[row[0]] = (*codes.get(row[0], ()), (row[1], row[6]))
                else:
                    found.append(row)
    for article_id, several in codes.items():
        if len(several) > 1:
            codes[article_id] = tuple(sorted(several))
    return {row[1]: (ArticleRow._make((*row[2:10], bool(row[10]), codes.get(row[0], ()))), row[11]) for row in found}


def stage_articles(incoming: Sequence[Incoming]) -> None:
    """Put rows where `write_staged` finds them. On SQLite outside a transaction: no write lock is needed for it."""
    ids = iter(new_hex_ids(3 * len(incoming) + sum(len(each.codes) for each in incoming)))
    codes = ((next(ids), each.number, *code) for each in incoming for code in each.codes)
    gone = ((code,) for each in incoming for code, _ in each.gone)
    with connection.cursor() as cursor, _staging(cursor):
        _fill(cursor, "incoming_article", _STAGED, (_staged(each, ids) for each in incoming))
        _fill(cursor, "incoming_code", _STAGED_CODES, codes)
        _fill(cursor, "incoming_gone", (("code", "varchar(20)"),), gone)


def _staged(each: Incoming, ids: Iterator[str]) -> tuple[Any, ...]:
    row = each.row
    return (
        each.place, each.number, next(ids), next(ids), next(ids),
        row.text, row.name, fold(row.name or row.text), row.group, row.unit, row.price, row.vat_rate,
        row.age_limit, row.linked, row.is_blocked, each.is_deleted,
    )  # fmt: skip


@contextmanager
def _staging(cursor: CursorWrapper) -> Iterator[None]:
    if connection.vendor == "postgresql" or connection.in_atomic_block:
        yield
        return
    cursor.execute("BEGIN")  # deferred: only the temporary tables are locked, nobody waits at the gate
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _fill(
    cursor: CursorWrapper, table: str, columns: Sequence[tuple[str, str]], rows: Iterable[tuple[Any, ...]]
) -> None:
    is_postgres = connection.vendor == "postgresql"
    kinds = ", ".join(f"{name} {kind.format(id='uuid' if is_postgres else 'char(32)')}" for name, kind in columns)
    names = ", ".join(name for name, _ in columns)
    # PostgreSQL's lives as long as the transaction, SQLite's as long as the connection
    cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ({kinds}){' ON COMMIT DROP' if is_postgres else ''}")
    cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
    if is_postgres:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}")  # a temporary table has no figures to plan by until they are taken
    else:
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # type: ignore[arg-type] # noqa: S608 - streamed; names of our own


def write_staged(chain: Chain, *, base: int, with_feed: bool) -> None:
    """Write what was staged, as versions `base` + place, inside the transaction that is open."""
    scope: Mapping[str, str | int] = {
        "organisation": db_id(chain.organisation_id),
        "chain": db_id(chain.id),
        "base": base,
    }
    statements = [_UPSERT_ARTICLES, _INSERT_VERSIONS, _DELETE_CODES, _INSERT_CODES]
    with connection.cursor() as cursor, _joining_by_hash(cursor):
        for statement in (*statements, _UPSERT_FEED) if with_feed else statements:
            cursor.execute(_typed(statement), scope)


@contextmanager
def _joining_by_hash(cursor: CursorWrapper) -> Iterator[None]:
    """Soon after a first import PostgreSQL still thinks the tables empty, and joins 75,000 rows row by row."""
    if connection.vendor != "postgresql":
        yield
        return
    cursor.execute("SELECT count(*) > 1000 FROM incoming_article")
    (is_large,) = cursor.fetchone()
    if is_large:
        cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    if is_large:
        cursor.execute("SET LOCAL enable_nestloop = on")


def _typed(statement: str) -> str:
    """PostgreSQL must be told what an id is where it cannot know from the column."""
    if connection.vendor != "postgresql":
        return statement
    cast = statement.replace("%(organisation)s", "%(organisation)s::uuid").replace("%(chain)s", "%(chain)s::uuid")
    return cast.replace("%(base)s", "%(base)s::bigint")
