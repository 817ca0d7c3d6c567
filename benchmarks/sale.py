"""A finished sale of ten lines, reported over HTTP to a store on SQLite with synchronous=FULL."""

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.client import Load, run_load
from benchmarks.figures import Figure, Values, interleave, percentile
from benchmarks.floors.serve import floor_app
from benchmarks.services import copy_database, folder, run_child
from benchmarks.store_service import StoreService, store_service
from benchmarks.writer import writing_beside

SALES = {1: 300, 4: 150, 16: 60}  # a client, by number of clients
ARTICLES = 10_000


def measure() -> Iterator[Figure]:
    with folder() as here, store_service(here / "store", articles=ARTICLES, tills=16) as store:
        copy = here / "floor.sqlite3"
        copy_database(store.data / "butik.sqlite3", copy)
        yield from _statements(store, here)
        with floor_app("benchmarks.floors.store_sqlite:app", {"FLOOR_DATABASE": str(copy)}) as floor_port:
            for clients in SALES:
                yield from _beside_floor(store, floor_port, clients)
        yield from _while_another_writes(store)


def _beside_floor(store: StoreService, floor_port: int, clients: int) -> Iterator[Figure]:
    """Both sides get the same requests: what ours has booked, the floor stores in its copy."""
    requests: list[list[bytes]] = []

    def ours() -> Values:
        requests[:] = store.sales(clients, SALES[clients])
        return summary(run_load(store.port, requests, expect=b'"BOOKED"'))

    def floor() -> Values:
        return summary(run_load(floor_port, requests, expect=b'"BOOKED"'))

    medians = interleave({"ours": ours, "floor": floor})
    mine, bare = medians["ours"], medians["floor"]
    many = f"{clients} client{'s' if clients > 1 else ''}"
    yield Figure(f"sale, SQLite, {many}, p50", mine["p50"], 2.5, "ms", bare["p50"])
    yield Figure(f"sale, SQLite, {many}, p95", mine["p95"], 2, "ms", bare["p95"])
    yield Figure(f"sale, SQLite, {many}, failed", mine["failed"], 0, "sales")
    if clients == max(SALES):
        yield Figure(f"sale, SQLite, {many}, longest wait", mine["longest"] / mine["p50"], 15, "medians")


def _while_another_writes(store: StoreService) -> Iterator[Figure]:
    """Another process of the service commits as fast as it can, through the same gate."""
    clients = max(SALES)

    def ours() -> Values:
        requests = store.sales(clients, SALES[clients])
        with writing_beside(store):
            return summary(run_load(store.port, requests, expect=b'"BOOKED"'))

    mine = interleave({"ours": ours})["ours"]
    name = f"sale, SQLite, {clients} clients, another process writes"
    yield Figure(f"{name}, longest", mine["longest"] / mine["p50"], 15, "medians")
    yield Figure(f"{name}, failed", mine["failed"], 0, "sales")


def _statements(store: StoreService, here: Path) -> Iterator[Figure]:
    """Statements and commits of one sale, by the database's own trace in a process with the service's code."""
    [requests] = store.sales(1, 2)
    plan = here / "count.json"
    plan.write_text(json.dumps([_parts(each) for each in requests]))
    counts = json.loads(run_child("benchmarks.count_statements", plan, environment=store.environment))
    yield Figure("sale, SQLite, statements", counts["statements"], 12, "")
    yield Figure("sale, SQLite, commits", counts["commits"], 1, "")


def _parts(request: bytes) -> tuple[str, str]:
    """Authorization and body."""
    head, _, body = request.decode().partition("\r\n\r\n")
    return next(line.partition(": ")[2] for line in head.split("\r\n") if line.startswith("Authorization")), body


def summary(load: Load) -> Values:
    milliseconds = [each * 1000 for each in load.latencies]
    return {
        "p50": percentile(milliseconds, 0.5),
        "p95": percentile(milliseconds, 0.95),
        "longest": max(milliseconds),
        "failed": len(load.failures),
        "rate": load.rate,
    }
