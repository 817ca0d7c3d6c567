"""PostgreSQL's row-level security, attacked with raw SQL from another organisation's scope: every table that the
catalogue knows, so that a new table is attacked by being there."""

# ruff: noqa: S608 - SQL made by hand is what this is about

from collections.abc import Iterator

import psycopg
import pytest
from django.db import Error, connection, transaction

from butik.organisation.row_security import tenant_tables
from butik.organisation.tenancy import tenant_scope
from tests.support.fingerprint import changed, fingerprint
from tests.support.postgres import OWNER, Postgres
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


def asked(statement: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [str(name) for (name,) in cursor.fetchall()]


OURS = "NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"


def openings() -> list[str]:
    """Views and tables that show rows with their owner's rights, numbers that can be set back, functions that run
    with their owner's rights, and large objects, which know no rows."""
    return [
        *asked(
            f"""SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname {OURS} AND has_table_privilege(c.oid, 'SELECT')
            AND (c.relkind IN ('m', 'f')
                 OR c.relkind = 'v' AND NOT 'security_invoker=true' = ANY(coalesce(c.reloptions, '{{}}')))"""
        ),
        *asked(
            f"""SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname {OURS} AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, 'UPDATE') END"""
        ),
        *asked(
            f"""SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname {OURS} AND p.prosecdef AND has_function_privilege(p.oid, 'EXECUTE')"""
        ),
        *asked("SELECT oid FROM pg_largeobject_metadata"),
    ]


def test_nothing_of_the_catalogue_opens_what_the_tables_keep_shut(ours: Tenant, postgres: Postgres) -> None:
    """Whatever is new is looked at by being there; what the owner makes here for a moment is found."""
    assert openings() == []
    made = {
        "seen": "CREATE VIEW seen AS SELECT * FROM articles_article; GRANT SELECT ON seen TO PUBLIC",
        "kept": "CREATE MATERIALIZED VIEW kept AS SELECT * FROM articles_article; GRANT SELECT ON kept TO PUBLIC",
        "counts": "CREATE SEQUENCE counts; GRANT UPDATE ON SEQUENCE counts TO PUBLIC",
        "acts": "CREATE FUNCTION acts() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    }
    gone = [("VIEW", "seen"), ("MATERIALIZED VIEW", "kept"), ("SEQUENCE", "counts"), ("FUNCTION", "acts()")]
    with psycopg.connect(postgres.url(connection.settings_dict["NAME"], OWNER), autocommit=True) as owner:
        try:
            for statement in made.values():
                owner.execute(statement)
            assert sorted(openings()) == sorted(made)
        finally:
            for what, name in gone:
                owner.execute(f"DROP {what} IF EXISTS {name}")


def test_what_the_server_has_counted_names_nothing(ours: Tenant, theirs: Tenant) -> None:
    """The planner's statistics hold values of rows, whoever's they are."""
    tables = ", ".join(f"'{each}'" for each in tenant_tables())
    with tenant_scope([theirs.organisation.pk]):
        assert attempt(f"SELECT count(*) FROM pg_stats WHERE tablename IN ({tables})") == 0
        assert attempt(f"SELECT count(*) FROM pg_stats_ext WHERE tablename IN ({tables})") == 0
        assert attempt("SELECT count(*) FROM pg_statistic") == -1


def test_nothing_can_be_put_beside_the_tables(ours: Tenant, theirs: Tenant) -> None:
    """A function of one's own in a condition would see the rows that a policy is about to hide."""
    with tenant_scope([theirs.organisation.pk]):
        for statement in (
            "CREATE FUNCTION x(text) RETURNS bool COST 0.0001 LANGUAGE plpgsql AS 'BEGIN RETURN true; END'",
            "CREATE VIEW x AS SELECT * FROM articles_article",
            "CREATE TABLE x AS SELECT * FROM articles_article",
            "CREATE OPERATOR = (FUNCTION = texteq, LEFTARG = text, RIGHTARG = text)",
            "CREATE RULE x AS ON SELECT TO articles_article DO INSTEAD SELECT 1",
            "CREATE POLICY x ON articles_article USING (true)",
            "CREATE STATISTICS x ON number, price FROM articles_article",
        ):
            with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_this_test_would_notice(ours: Tenant, theirs: Tenant) -> None:
    """With the victim's scope in hand the very same statements read and change."""
    victim = str(ours.organisation.pk)
    with tenant_scope([ours.organisation.pk, theirs.organisation.pk]):
        read = [attempt(each) for each in reads("articles_article", "organisation_id", victim)]
        assert min(read) > 0, read
        assert attempt(f"UPDATE articles_article SET price = 1 WHERE organisation_id = '{victim}'") > 0
