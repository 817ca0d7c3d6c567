"""A backup of a store: how long it takes beside its floor, and what sales notice of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.client import run_load
from benchmarks.figures import Figure, Values, interleave, percentile
from benchmarks.services import ROOT, folder, run_child
from benchmarks.store_service import StoreService, store_service
from butik.simulator.demo.processes import clean_environment

ARTICLES = 26_000  # make a database of about 45 MB
TILLS = 4
SALES = 250  # each


def measure() -> Iterator[Figure]:
    with folder() as here, store_service(here / "store", articles=ARTICLES, tills=TILLS) as store:
        yield from _beside_floor(store, here)
        yield from _while_it_sells(store)


def _beside_floor(store: StoreService, here: Path) -> Iterator[Figure]:
    database = store.data / "butik.sqlite3"

    def ours() -> Values:
        made: Values = json.loads(run_child("benchmarks.backup_maker", "once", environment=store.environment))
        return made

    def floor() -> Values:
        return {"seconds": float(run_child("benchmarks.floors.backup", database, here))}

    ours()  # pairs the chain
    medians = interleave({"ours": ours, "floor": floor})
    mine, bare = medians["ours"], medians["floor"]
    whole = database.stat().st_size / 1e6
    note = f"store {whole:.0f} MB, snapshot {mine['plain_size'] / 1e6:.0f} MB, sealed {mine['size'] / 1e6:.1f} MB"
    yield Figure("backup: make, compress, encrypt", mine["seconds"], 2, "s", bare["seconds"], note=note)


def _while_it_sells(store: StoreService) -> Iterator[Figure]:
    """The same number of sales with nothing beside them, and with one backup after another."""

    def load() -> Values:
        outcome = run_load(store.port, store.sales(TILLS, SALES), expect=b'"BOOKED"')
        milliseconds = [each * 1000 for each in outcome.latencies]
        return {
            "p50": percentile(milliseconds, 0.5),
            "p99": percentile(milliseconds, 0.99),
            "failed": len(outcome.failures),
        }

    def beside() -> Values:
        with backups_beside(store):
            return load()

    load()  # warm
    medians = interleave({"without": load, "with": beside}, rounds=5)
    with_it, without = medians["with"], medians["without"]
    yield Figure("sale p99 while a backup runs", with_it["p99"], 1.2, "ms", without["p99"])
    yield Figure("sale p50 while a backup runs", with_it["p50"], 1.2, "ms", without["p50"])
    yield Figure("sale while a backup runs, failed", with_it["failed"], 0, "sales")


@contextmanager
def backups_beside(store: StoreService) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.backup_maker", "always"],
        env=clean_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"} | store.environment,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.readline()  # the first is made
    try:
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


if __name__ == "__main__":
    for figure in measure():
        print(figure.line(), flush=True)
