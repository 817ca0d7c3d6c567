"""A store that sells while its backups are made, handed over and killed; and what must be true of each that arrived."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pysqlite3

from butik.lib.clock import now, to_wire
from butik.lib.gate import gate_for
from butik.lib.signing import SigningKey, decode, encode
from butik.snapshot.format import BadSnapshot
from butik.snapshot.read import Snapshot, open_snapshot
from butik.snapshot.seal import unseal
from tests.durability.store_life import ROOT, StoreLife, store_life

LIMIT = 100 * 1024 * 1024


@dataclass
class Arrived:
    """The slot of an emergency cloud that believes everything: what it was handed, by the id in the manifest."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    made_at: dict[str, datetime] = field(default_factory=dict)
    conflicts: int = 0
    again: int = 0

    def take(self, document: str, body: bytes) -> dict[str, Any]:
        manifest = msgspec.json.decode(decode(document.split(".")[1]))
        known = self.bodies.setdefault(manifest["id"], body)
        self.made_at[manifest["id"]] = datetime.fromisoformat(manifest["made_at"])
        self.conflicts += known != body
        self.again += known is not body
        outcome = "RECEIVED" if known is body else "KNOWN"
        return {"outcome": outcome, "received_at": to_wire(now()), "proof": None, "server_time": time.time()}


@contextmanager
def slot() -> Iterator[tuple[str, Arrived]]:
    arrived = Arrived()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # whoever sent it was killed
            content = msgspec.json.encode(arrived.take(self.headers["Butik-Manifest"], body))
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # the other side was killed
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Outcome:
    backups: int
    again: int
    sales: int
    faults: list[str]


def backups_while_selling(folder: Path, *, kills: int, chance: random.Random, fault: str = "") -> Outcome:
    """Two tills sell and somebody changes prices, while the process for backups is killed wherever it happens
    to be. Returns what is wrong with what arrived."""
    identity = pyrage.x25519.Identity.generate()
    with store_life(folder / "store", tills=2) as life, slot() as (url, arrived):
        life.start()
        with backupkeeper(life, url, str(identity.to_public()), fault) as keeper:
            enough = threading.Event()
            busy = [threading.Thread(target=life.sell, args=(life.enrol(), 1_000_000, enough)) for _ in range(2)]
            busy.append(threading.Thread(target=_change_prices, args=(life.database, enough)))
            for each in busy:
                each.start()
            try:
                usual = _time_of_one(keeper, arrived)
                for _ in range(kills):
                    tell(keeper, "start")
                    time.sleep(usual * chance.uniform(0.02, 1.5))
                _time_of_one(keeper, arrived)  # however it was killed, the next run ends
            finally:
                enough.set()
                for each in busy:
                    each.join()
        life.kill()
        journal = read_journal(life)
        faults = [f"{arrived.conflicts} ids with two contents"] if arrived.conflicts else []
        faults += _store_faults(life.database)
        for key, body in arrived.bodies.items():
            faults += faults_of(folder, body, str(identity), journal, arrived.made_at[key])
        return Outcome(len(arrived.bodies), arrived.again, len(journal.order), faults)


def _time_of_one(keeper: "subprocess.Popen[str]", arrived: Arrived) -> float:
    """Let it be until one more has arrived; how long that took, in seconds."""
    before, began = len(arrived.bodies), time.monotonic()
    tell(keeper, "start")
    while len(arrived.bodies) == before and time.monotonic() < began + 10:
        time.sleep(0.005)
    return time.monotonic() - began


@contextmanager
def backupkeeper(life: StoreLife, url: str, recipient: str, fault: str) -> Iterator["subprocess.Popen[str]"]:
    service = {
        "DJANGO_SETTINGS_MODULE": "butik.settings",
        "BUTIK_ROLE": "store",
        "BUTIK_DATA": str(life.data),
        "BUTIK_DATABASE_URL": "",
        "FAULT": fault,
    }
    key = encode(SigningKey.generate().public)
    with (life.data / "backups.log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.backupkeeper", url, key, recipient],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **service},
            cwd=ROOT,
            text=True,
        )
    try:
        tell(keeper, "stop")  # it has made itself ready
        yield keeper
        tell(keeper, "stop")
    finally:
        keeper.terminate()
        keeper.wait()
        for pipe in (keeper.stdin, keeper.stdout):
            if pipe is not None:
                pipe.close()


def tell(keeper: "subprocess.Popen[str]", command: str) -> None:
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    keeper.stdin.write(f"{command}\n")
    keeper.stdin.flush()
    assert keeper.stdout.readline(), "the process for backups ended: see its log"


def _change_prices(database: Path, enough: threading.Event) -> None:
    """All of the shelf costs the same, and the POS is called by it: at no moment is it otherwise."""
    gate = gate_for(str(database))
    connection = pysqlite3.connect(str(database), isolation_level=None, timeout=30)
    price = 0
    while not enough.is_set():
        price += 1
        gate.acquire()
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE articles_article SET price = ? WHERE number LIKE '2%'", (price,))
            connection.execute("UPDATE organisation_pos SET name = ?", (str(price),))
            connection.execute("COMMIT")
        finally:
            gate.release()
        time.sleep(0.05)
    connection.close()


# --- what must be true ---


@dataclass(frozen=True, slots=True)
class Journal:
    """Each sale in the order of its commit: series, counter, hash, total; and when its answer had arrived."""

    order: list[tuple[str, int, str, int]]
    acknowledged: dict[str, float]  # by document's hash


def read_journal(life: StoreLife) -> Journal:
    connection = pysqlite3.connect(str(life.database))
    # one writer at a time: the outbox's numbers are given in the order of commits
    query = (
        "SELECT s.series_id, s.counter, s.hash, s.total, s.document FROM changes_outboxitem o"
        " JOIN sales_sale s ON s.id = o.ref WHERE o.kind = 'record' ORDER BY o.id"
    )
    rows = connection.execute(query).fetchall()
    connection.close()
    hashes = {document: hashed for _, _, hashed, _, document in rows}
    return Journal(
        order=[(series, counter, hashed, total) for series, counter, hashed, total, _ in rows],
        acknowledged={hashes[document]: at for at, document in life.acknowledged},
    )


def faults_of(folder: Path, body: bytes, identity: str, journal: Journal, made_at: datetime) -> list[str]:
    sealed, plain = folder / "sealed", folder / "plain"
    sealed.write_bytes(body)
    plain.unlink(missing_ok=True)
    try:
        unseal(sealed, plain, identity, limit=LIMIT)
        with open_snapshot(plain) as snapshot:
            return _not_a_prefix(snapshot, journal, made_at) + _not_one_moment(snapshot)
    except BadSnapshot as error:
        return [f"half-made: {error}"]


def _not_a_prefix(snapshot: Snapshot, journal: Journal, made_at: datetime) -> list[str]:
    """The heads are those after the first k sales of the store, whatever till they were rung up at."""
    found = []
    heads = {each.id.replace("-", ""): each for each in snapshot.series()}
    prefix = journal.order[: sum(each.sales for each in heads.values())]
    counted = Counter(series for series, *_ in prefix)
    sums: Counter[str] = Counter()
    newest = {}
    for series, counter, hashed, total in prefix:
        sums[series] += total
        newest[series] = (counter, hashed)
    for series, head in heads.items():
        counter, hashed = newest.get(series, (0, head.latest_hash))
        said = (head.sales, head.latest_counter, head.latest_hash, head.total)
        if said != (counted[series], counter, hashed, sums[series]):
            found.append(f"not a prefix: {head.label} of {head.device_id}")
    in_it = {hashed for _, _, hashed, _ in prefix}
    begun = made_at.timestamp()
    lost = [hashed for hashed, at in journal.acknowledged.items() if at < begun - 0.001 and hashed not in in_it]
    return found + ([f"{len(lost)} sales that were answered before it began are missing"] if lost else [])


def _not_one_moment(snapshot: Snapshot) -> list[str]:
    prices = {each.price for each in snapshot.articles() if each.number.startswith("2")}
    names = {each.name for each in snapshot.poss()}
    is_begun = prices != {0}
    return ["articles and POS of different moments"] if is_begun and {str(price) for price in prices} != names else []


def _store_faults(database: Path) -> list[str]:
    """What the store itself knows at the end."""
    connection = pysqlite3.connect(str(database))
    try:
        rows = connection.execute("SELECT state, trouble FROM backups_backup WHERE state = 'FAILED'").fetchall()
    finally:
        connection.close()
    return [f"failed: {trouble}" for _, trouble in rows]
