"""A hundred stores push their sales into a chain on PostgreSQL: verified, booked, audited; beside COPY of the rows."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
from tests.support.postgres import OWNER, SUPERUSER, Postgres, running_postgres

from benchmarks.chain_stores import ChainService, PushedSales, SimulatedStore, chain_service
from benchmarks.client import run_load
from benchmarks.figures import Figure, Values, interleave
from benchmarks.floors.chain_copy import TABLES
from benchmarks.sale_postgres import chain_of, copy_database
from benchmarks.services import folder, run_child

STORES, ARTICLES = 100, 2000
BATCH = 300  # ten-line sales: as many as a store's service puts into one push
BATCHES = {1: 4, 4: 2}  # for each sender, by number of senders


def measure() -> Iterator[Figure]:
    with folder() as here, running_postgres() as server:
        server.create_database("chain")
        urls = {"database_url": server.url("chain"), "owner_url": server.url("chain", OWNER)}
        with chain_service(here / "chain", articles=ARTICLES, stores=STORES, **urls) as chain:
            introductions = [store.introduction() for store in chain.stores]
            _expect_none(run_load(chain.port, [introductions], expect=b'"acked":2').failures)
            copy_database(server, "chain", "floor")
            floor = _Floor(here, server.url("floor", SUPERUSER), UUID(chain_of(server, "chain")))
            yield from _with_senders(chain, floor, 1, goal=0.4)
            yield from _with_senders(chain, floor, 4, goal=0.5)
            _expect_the_same_rows(server)


class _Floor:
    def __init__(self, here: Path, address: str, chain: UUID) -> None:
        self._plan, self._address, self._chain = here / "plan.json", address, chain

    def seconds(self, senders: list[list[PushedSales]]) -> float:
        self._plan.write_text(json.dumps([[each.documents for each in batches] for batches in senders]))
        return float(run_child("benchmarks.floors.chain_copy", self._address, self._plan, str(self._chain)))


def _with_senders(chain: ChainService, floor: _Floor, senders: int, *, goal: float) -> Iterator[Figure]:
    """Each batch is another store's, so that senders never wait for each other's store."""
    plan: list[list[PushedSales]] = []
    sales = senders * BATCHES[senders] * BATCH

    def ours() -> Values:
        plan[:] = [[_next_store(chain).sales(BATCH) for _ in range(BATCHES[senders])] for _ in range(senders)]
        load = run_load(chain.port, [[each.request for each in batches] for batches in plan], expect=b'"acked"')
        _expect_none(load.failures)
        return {"rate": sales / load.seconds}

    medians = interleave({"ours": ours, "floor": lambda: {"rate": sales / floor.seconds(plan)}})
    name = f"ingestion, {senders} sender{'s' if senders > 1 else ''}"
    yield Figure(name, medians["ours"]["rate"], goal, "sales/s", medians["floor"]["rate"], at_least=True)


def _next_store(chain: ChainService) -> SimulatedStore:
    store = chain.stores.pop(0)
    chain.stores.append(store)
    return store


def _expect_none(failures: list[bytes]) -> None:
    if failures:
        raise AssertionError(failures[0].decode(errors="replace"))


def _expect_the_same_rows(server: Postgres) -> None:
    """Both sides did the same work, and ours found nothing odd about it."""
    for table in TABLES:
        ours, floor = (_count(server, database, table) for database in ("chain", "floor"))
        assert ours == floor > 0, (table, ours, floor)
    assert _count(server, "chain", "sales_saleexception") == 0


def _count(server: Postgres, database: str, table: str) -> int:
    with psycopg.connect(server.url(database, SUPERUSER)) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of our own
    assert row is not None
    return int(row[0])
