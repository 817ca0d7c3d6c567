"""A store's recovery of 20,000 emergency sales, from the key to the mark, beside COPY of the same rows.

The store runs on PostgreSQL; the emergency cloud is the tests' own, which has everything in memory and answers at once.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from tests.support.postgres import OWNER, SUPERUSER, Postgres, running_postgres

from benchmarks.figures import Figure, Values, interleave
from benchmarks.floors.chain_copy import TABLES
from benchmarks.services import folder, run_child
from butik.lib.signing import SigningKey, decode
from butik.simulator.catalogue import generate_catalogue, write_csv

if TYPE_CHECKING:
    from benchmarks.recovery_cloud import ReadyCloud

SALES, ARTICLES = 20_000, 5_000
BATCH = 500  # one page of records: as many as one transaction of ours
KEY = "ABCD-1234"


@dataclass
class Bench:
    here: Path
    server: Postgres
    cloud: "ReadyCloud"
    environment: dict[str, str]
    round: int = 0

    def ours(self) -> Values:
        """In a fresh copy of the store's database, with the cloud as it was before the recovery."""
        name = self.fresh_database("ours")
        cloud = self.cloud
        kept = len(cloud.records)
        cloud.state, cloud.claimed, cloud.gap, cloud.newest_version = "SELLING", b"", None, 0
        told = json.loads(
            run_child(
                "benchmarks.recovery_store", "recover", self.here / "pairing", KEY,
                environment=self.environment | {"BUTIK_DATABASE_URL": self.server.url(name)},
            )
        )  # fmt: skip
        del cloud.records[kept:]
        assert (told["state"], told["booked"]) == ("RECOVERED", kept + len(cloud.closings)), told
        return {"seconds": told["seconds"], "differs_by": told["differs_by"]}

    def floor(self) -> Values:
        name = self.fresh_database("floor")
        address = self.server.url(name, SUPERUSER)
        told = run_child("benchmarks.floors.chain_copy", address, self.here / "plan.json", str(self.cloud.chain))
        return {"seconds": float(told)}

    def fresh_database(self, side: str) -> str:
        """The floor's rows need no more than these tables and their indexes, so both get the same."""
        self.round += 1
        name = f"{side}{self.round}"
        with psycopg.connect(self.server.url("postgres", SUPERUSER), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE store OWNER {OWNER}")
        return name


def measure() -> Iterator[Figure]:
    from benchmarks.recovery_cloud import ReadyCloud, sell  # it needs Django, which no other benchmark has in here
    from butik.recovery.tests.fake_cloud import running_cloud

    with folder() as here, running_postgres() as server:
        server.create_database("store")
        environment = {
            "BUTIK_ROLE": "store",
            "BUTIK_DATA": str(here / "data"),
            "BUTIK_URL": "http://localhost:8010",
            "BUTIK_DATABASE_URL": server.url("store"),
            "BUTIK_OWNER_DATABASE_URL": server.url("store", OWNER),
        }
        (here / "data").mkdir()
        write_csv(generate_catalogue(ARTICLES), here / "articles.csv")
        told = json.loads(
            run_child("benchmarks.recovery_store", "setup", here / "articles.csv", environment=environment)
        )
        root = SigningKey.from_bytes(decode(told["root"]))
        cloud = ReadyCloud(UUID(told["org"]), UUID(told["chain"]), UUID(told["store"]), root.public)
        sales = sell(cloud, [tuple(each) for each in told["articles"]], SALES)
        plan = [[sales[start : start + BATCH] for start in range(0, len(sales), BATCH)]]
        (here / "plan.json").write_text(json.dumps(plan))
        with running_cloud(cloud):
            (here / "pairing").write_text(cloud.pairing(root))
            bench = Bench(here, server, cloud, environment)
            medians = interleave({"ours": bench.ours, "floor": bench.floor})
            _expect_the_same_rows(server, f"ours{bench.round - 1}", f"floor{bench.round}")
        seconds = medians["ours"]["seconds"]
        name = f"recovery of {SALES:,} emergency sales"
        yield Figure(name, seconds, 3, "s", medians["floor"]["seconds"], note=f" {SALES / seconds:.0f} sales/s")
        yield Figure("recovery, difference of the totals", medians["ours"]["differs_by"], 0, "øre")


def _expect_the_same_rows(server: Postgres, ours: str, floor: str) -> None:
    """Both sides did the same work, and ours found nothing odd about it."""
    for table in TABLES:
        counts = [_count(server, database, table) for database in (ours, floor)]
        assert counts[0] == counts[1] > 0, (table, counts)
    assert _count(server, ours, "sales_saleexception") == 0
    assert _count(server, ours, "sales_quarantinedrecord") == 0


def _count(server: Postgres, database: str, table: str) -> int:
    with psycopg.connect(server.url(database, SUPERUSER)) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of our own
    assert row is not None
    return int(row[0])
