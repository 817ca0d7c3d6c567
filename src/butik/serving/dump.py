"""A service's database as one file, and back: `VACUUM INTO` for SQLite, pg_dump and pg_restore for PostgreSQL.

Both copy one moment while the service goes on. On PostgreSQL the role that dumps must see all rows: row-level security
binds even the owner of the tables, so it is a role of its own that may bypass it (docs/operations.md).
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from butik.environment import text
from butik.serving.archive import ArchiveTrouble

SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILE_NAMES = {SQLITE: "database.sqlite3", POSTGRESQL: "database.dump"}
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def dump_sqlite(database: Path, target: Path) -> dict[str, int]:
    """Copy a database that is in use; return the rows of each table in the copy."""
    from pysqlite3 import dbapi2

    if not database.exists():
        raise ArchiveTrouble(f"There is no database {database}: has the service ever run?")
    source: Any = dbapi2.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    try:
        source.execute("VACUUM INTO ?", [str(target)])
    except dbapi2.DatabaseError as error:
        raise ArchiveTrouble(f"The database cannot be copied: {error}.") from error
    finally:
        source.close()
    return check_sqlite(target)


def check_sqlite(database: Path) -> dict[str, int]:
    """Every page, every index; return the rows of each table."""
    from pysqlite3 import dbapi2

    copy: Any = dbapi2.connect(f"file:{database}?mode=ro", uri=True)
    try:
        [verdict] = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise ArchiveTrouble(f"The copy of the database is damaged: {verdict}.")
        names = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    except dbapi2.DatabaseError as error:
        raise ArchiveTrouble(f"The copy of the database is damaged: {error}.") from error
    finally:
        copy.close()


def dump_postgresql(url: str, target: Path) -> dict[str, int]:
    """Dump and count in one and the same snapshot."""
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if not _sees_all_rows(connection):
                raise ArchiveTrouble(
                    "BUTIK_BACKUP_DATABASE_URL names a role that does not see all rows: give it BYPASSRLS."
                )
            [snapshot] = connection.execute("SELECT pg_export_snapshot()").fetchone() or [""]
            tables = _count(connection)
            _run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}", f"--dbname={url}")
    except psycopg.Error as error:
        raise ArchiveTrouble(f"The database cannot be dumped: {error}") from error
    return tables


def restore_postgresql(url: str, dump: Path) -> dict[str, int]:
    """Put a dump into an empty database, wholly or not at all; return the rows of each table."""
    import psycopg

    try:
        _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges",
             f"--dbname={url}", str(dump))  # fmt: skip
        with psycopg.connect(url) as connection:
            connection.execute("SET LOCAL butik.directory = 'on'")
            all_here = [str(row[0]) for row in connection.execute("SELECT id FROM organisation_organisation")]
            connection.execute(f"SET LOCAL butik.organisations = '{','.join(all_here)}'")  # UUIDs
            return _count(connection)
    except psycopg.Error as error:
        raise ArchiveTrouble(f"The database cannot be restored: {error}") from error


def need_empty_postgresql(url: str) -> None:
    import psycopg

    try:
        with psycopg.connect(url) as connection:
            if _tables(connection):
                raise ArchiveTrouble("The database is not empty. Create a new one, and name it in BUTIK_DATABASE_URL.")
    except psycopg.Error as error:
        raise ArchiveTrouble(f"The database cannot be reached: {error}") from error


def empty_postgresql(url: str) -> None:
    """Take back a restore that did not hold: whatever its owner made in a database that was empty before."""
    import psycopg

    with psycopg.connect(url) as connection:
        listing = (
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tableowner = CURRENT_USER"
        )
        for (name,) in connection.execute(listing).fetchall():
            connection.execute(f"DROP TABLE {name} CASCADE")


def sqlite_rows(dump: Path, table: tuple[str, str, str]) -> dict[str, str]:
    """Two columns of a table in a dump; empty when it has no such table."""
    from pysqlite3 import dbapi2

    name, key, value = table
    copy: Any = dbapi2.connect(f"file:{dump}?mode=ro", uri=True)
    try:
        return dict(copy.execute(f'SELECT {key}, {value} FROM "{name}"').fetchall())  # noqa: S608
    except dbapi2.OperationalError:
        return {}
    except dbapi2.DatabaseError as error:
        raise ArchiveTrouble(f"The copy of the database is damaged: {error}.") from error
    finally:
        copy.close()


def postgresql_rows(dump: Path, table: tuple[str, str, str]) -> dict[str, str]:
    """The same, read from the dump itself: no database has seen it yet."""
    name, key, value = table
    script = _run("pg_restore", "--data-only", f"--table={name}", "--file=-", str(dump))
    begin = f"COPY public.{name} ({key}, {value}) FROM stdin;\n"
    if begin not in script:
        return {}
    lines = script.split(begin, 1)[1].split("\n\\.", 1)[0].splitlines()
    return dict(line.split("\t", 1) for line in lines if line)


def _sees_all_rows(connection: Any) -> bool:
    [sees] = connection.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(sees)


def _tables(connection: Any) -> list[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    return [name for (name,) in rows]


def _count(connection: Any) -> dict[str, int]:
    names = [name for name in _tables(connection) if _NAME.fullmatch(name)]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608


def _run(program: str, *arguments: str) -> str:
    """The password, if any, stands in the address; what the program says goes to the user."""
    folder = text("BUTIK_PG_BIN")
    found = str(Path(folder) / program) if folder else shutil.which(program)
    if not found or not Path(found).exists():
        raise ArchiveTrouble(
            f"There is no {program}. Install PostgreSQL's programs, or name their folder in BUTIK_PG_BIN."
        )
    done = subprocess.run([found, *arguments], capture_output=True, text=True, env=os.environ, check=False)  # noqa: S603
    if done.returncode:
        raise ArchiveTrouble(f"{program} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout
