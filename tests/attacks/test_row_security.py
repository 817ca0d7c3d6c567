"""PostgreSQL's row-level security, attacked with raw SQL from another organisation's scope: every table that the
catalogue knows, so that a new table is attacked by being there."""

# ruff: noqa: S608 - SQL made by hand is what this is about

from collections.abc import Iterator

import pytest
from django.db import Error, connection, transaction

from butik.organisation.row_security import tenant_tables
from butik.organisation.tenancy import tenant_scope
from tests.support.fingerprint import changed, fingerprint
from tests.tenants.world import Tenant

pytestmark = pytest.mark.postgres


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def reads(table: str, key: str, victim: str) -> Iterator[str]:
    own = f"{key} = '{victim}'"
    yield f'SELECT count(*) FROM "{table}" WHERE {own}'
    yield f'SELECT count(*) FROM "{table}" a JOIN "{table}" b ON a.{key} = b.{key} WHERE a.{own}'
    yield f'WITH x AS (SELECT * FROM "{table}") SELECT count(*) FROM x WHERE {own}'
    yield f'SELECT count(*) FROM (SELECT * FROM "{table}" FOR UPDATE) x WHERE {own}'


def writes(table: str, key: str, victim: str, attacker: str) -> Iterator[str]:
    names = columns_of(table)
    copied = ", ".join(f"'{victim}'::uuid" if name == key else name for name in names)
    yield f"UPDATE \"{table}\" SET {key} = '{victim}' WHERE {key} = '{attacker}'"
    yield f"UPDATE \"{table}\" SET {key} = '{attacker}' WHERE {key} = '{victim}'"
    yield f"DELETE FROM \"{table}\" WHERE {key} = '{victim}'"
    yield f'INSERT INTO "{table}" ({", ".join(names)}) SELECT {copied} FROM "{table}"'
    yield f'TRUNCATE "{table}" CASCADE'
    yield f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'
    yield f'DROP POLICY tenant ON "{table}"'
    yield f'CREATE TRIGGER x BEFORE INSERT ON "{table}" EXECUTE FUNCTION suppress_redundant_updates_trigger()'


def attempt(statement: str) -> int:
    """Rows read or changed; -1 where it is refused."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.fetchone()[0] if cursor.description else cursor.rowcount)
    except Error:
        return -1


def test_no_table_is_read_or_written_from_another_organisations_scope(ours: Tenant, theirs: Tenant) -> None:
    before, got = fingerprint(ours.organisation.pk), list[str]()
    for table in tenant_tables():
        key = "id" if table == "organisation_organisation" else "organisation_id"
        victim, attacker = str(ours.organisation.pk), str(theirs.organisation.pk)
        with tenant_scope([theirs.organisation.pk]):
            got += [each for each in reads(table, key, victim) if attempt(each) > 0]
            for each in writes(table, key, victim, attacker):
                attempt(each)
    assert got == []
    assert changed(before, fingerprint(ours.organisation.pk)) == []


def test_nothing_goes_round_the_tables(ours: Tenant, theirs: Tenant) -> None:
    """Files, roles and settings of the server."""
    with tenant_scope([theirs.organisation.pk]):
        for statement in (
            "SET ROLE butik_owner",
            "SET SESSION AUTHORIZATION butik_owner",
            "ALTER ROLE CURRENT_USER BYPASSRLS",
            "COPY articles_article TO '/tmp/x'",
            "COPY articles_article FROM PROGRAM 'true'",
            "SELECT 1 FROM pg_read_file('/etc/passwd')",
            "CREATE FUNCTION x() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
        ):
            assert attempt(statement) == -1, statement
    with tenant_scope([theirs.organisation.pk]), transaction.atomic():
        assert attempt("SET row_security = off; SELECT count(*) FROM articles_article") == -1  # refused, not obeyed


def test_this_test_would_notice(ours: Tenant, theirs: Tenant) -> None:
    """With the victim's scope in hand the very same statements read and change."""
    victim = str(ours.organisation.pk)
    with tenant_scope([ours.organisation.pk, theirs.organisation.pk]):
        read = [attempt(each) for each in reads("articles_article", "organisation_id", victim)]
        assert min(read) > 0, read
        assert attempt(f"UPDATE articles_article SET price = 1 WHERE organisation_id = '{victim}'") > 0
