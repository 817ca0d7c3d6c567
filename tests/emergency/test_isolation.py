"""The emergency cloud is isolated: by what is not installed in it, and by what its processes are seen to do.

A real service is watched while a backup arrives and is proven, the chain is activated, a device switches and sells:
every process of it notes whom it connects to (an audit hook of Python, from its first line on), and from outside its
sockets are looked at too (nginx is no Python).
"""

import ast
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import psutil
import pytest

from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, decode, encode, verify_document
from butik.roles import ROLES
from butik.vault.tests.depot import ADDRESS, Depot
from tests.serving.service import BUTIK, ROOT, Service, family, make_service
from tests.serving.streams import Stream
from tests.support.figures import Figures
from tests.support.ports import free_port
from tests.support.processes import Child
from tests.support.till import Till

LACKS = {"sync", "backups", "recovery", "pos_api", "store_management", "portal", "simulator"}
CLIENTS = {"httpx", "requests", "urllib.request", "http.client", "aiohttp", "socket", "urllib3"}
PATIENCE = 60
# Python imports it before anything else. `BUTIK_PLANT`: a port that a traitor among the processes calls.
WATCHER = """
import os, sys, threading

def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        with open(os.environ["BUTIK_WATCH"], "a") as file:
            file.write(f"{arguments[1][0]}:{arguments[1][1]}\\n")

if "BUTIK_WATCH" in os.environ:
    sys.addaudithook(note)
if "BUTIK_PLANT" in os.environ and "serve" in sys.argv:
    def betray():
        import socket
        socket.create_connection(("127.0.0.1", int(os.environ["BUTIK_PLANT"])), 1).close()
    os.register_at_fork(after_in_child=lambda: threading.Timer(1, betray).start())
"""


def test_it_lacks_every_app_that_talks_to_others() -> None:
    assert LACKS.isdisjoint(ROLES["emergency"].apps)


@pytest.mark.parametrize("app", ["emergency", "vault", "snapshot", "live", "sales", "organisation"])
def test_its_source_imports_nothing_that_calls_out(app: str) -> None:
    files = [each for each in (ROOT / "src/butik" / app).rglob("*.py") if "tests" not in each.parts]
    assert files
    for each in files:
        imported = set()
        for node in ast.walk(ast.parse(each.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        forbidden = {f"butik.{name}" for name in LACKS}
        reached = {name for name in imported if name in CLIENTS or ".".join(name.split(".")[:2]) in forbidden}
        assert reached == set(), each


@dataclass
class Watch:
    """Whom the service's processes connected to."""

    service: Service
    notes: Path
    seen: set[str] = field(default_factory=set)

    def look(self, child: Child, stopping: threading.Event) -> None:
        """Sockets from outside. Those that came in stand on the service's own port."""
        while not stopping.wait(0.02):
            for process in family(child):
                try:
                    connections = process.net_connections("inet")
                except psutil.Error:
                    continue
                for each in connections:
                    if each.raddr and each.laddr.port != self.service.port:
                        self.seen.add(f"{process.name()} to {each.raddr.ip}:{each.raddr.port}")

    @property
    def outward(self) -> set[str]:
        said = set(self.notes.read_text().split()) if self.notes.exists() else set()
        return self.seen | said - {f"127.0.0.1:{self.service.port}"}  # it asks itself whether it is up


@contextmanager
def watched_cloud(folder: Path, **settings: str) -> Iterator[Watch]:
    (folder / "watcher").mkdir()
    (folder / "watcher" / "sitecustomize.py").write_text(WATCHER)
    notes = folder / "connections"
    service = make_service(folder, role="emergency", BUTIK_WATCH=str(notes), **settings)
    service.environment["PYTHONPATH"] = f"{folder / 'watcher'}:{ROOT / 'src'}"
    watch = Watch(service, notes)
    with service.running() as child:
        stopping = threading.Event()
        looking = threading.Thread(target=watch.look, args=(child, stopping))
        looking.start()
        try:
            yield watch
        finally:
            stopping.set()
            looking.join()


def butik(service: Service, *arguments: str) -> str:
    done = subprocess.run(
        [BUTIK, *arguments], env=service.environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def live_through(service: Service, folder: Path) -> int:
    """A backup, its proof, the activation, a device that hears of it and sells. Returns how many sales were booked."""
    root = SigningKey.generate()
    depot = Depot(new_id(), new_id(), new_id(), root)
    offer = json.loads(_adopt(service, depot, folder))
    with httpx.Client(base_url=service.url, trust_env=False, timeout=30) as client:
        sealed = depot.backup(at=now(), recipient=offer["recipient"])
        sent = client.post(ADDRESS, content=sealed.body, headers=depot.headers(sealed))
        assert sent.status_code == 200, sent.text
        device = Tablet(depot, client)
        device.wait_for_prices()
        with device.listening() as stream:
            butik(service, "shell", "-c", ACTIVATE)
            while stream.next()[0] != "order":
                assert stream.heard[-1][0] != "end"
        emergency_root = decode(offer["key"])
        order = msgspec.json.decode(verify_document(device.get("/state")["order"], "butik-order", emergency_root))
        entered = device.post("/enter", {"order": order["id"]})
        return device.sell(_payload(entered["assignment"]))


ACTIVATE = """
from butik.emergency.actions import activate, today
from butik.lib.clock import now
from butik.organisation.models import Chain
activate(chain=Chain.objects.get(), date=today(now()), accept_newer=False, actor="test", now=now())
"""


def _adopt(service: Service, depot: Depot, folder: Path) -> str:
    introduction = {
        "v": 1, "org": str(depot.org), "organisation_name": "Nordly Holding", "company": str(new_id()),
        "company_name": "Nordly ApS", "vat_number": "DK12345678", "chain": str(depot.chain), "number": 1,
        "name": "Nordly", "currency": "DKK", "cash_rounding": 50, "key": encode(depot.root.public), "stores": [],
        "issued_at": to_wire(now()),
    }  # fmt: skip
    path = folder / "chain.butik"
    path.write_text(depot.root.sign("butik-chain", msgspec.json.encode(introduction)))
    return butik(service, "adopt_chain", str(path))


@dataclass
class Tablet:
    """A device that its store enrolled, calling the emergency cloud."""

    depot: Depot
    client: httpx.Client
    key: SigningKey = field(default_factory=SigningKey.generate)
    device: UUID = field(default_factory=new_id)

    @property
    def till(self) -> Till:
        return Till(self.key, self.depot.org, self.depot.store_id, 7, self.device, new_id(), "N1", now=now())

    def wait_for_prices(self) -> None:
        deadline = time.monotonic() + PATIENCE
        papers = {"enrolment": self._enrolment(), "certificate": self.depot.certificate(), "app": "0.1.0"}
        while self.post("/ready", papers | {"key": encode(self.key.public)})["prices"] is None:
            assert time.monotonic() < deadline, "the backup was not proven"
            time.sleep(0.2)

    def get(self, path: str) -> Any:
        return self._read(self.client.get(self._at(path), headers=self._signed("GET", path)))

    def post(self, path: str, body: Any) -> Any:
        data = msgspec.json.encode(body)
        return self._read(self.client.post(self._at(path), content=data, headers=self._signed("POST", path, data)))

    def sell(self, assignment: Any) -> int:
        till = self.till
        till.series, till.label = UUID(assignment["series"]["id"]), assignment["series"]["label"]
        records = [till.opening(reason="EMERGENCY"), *(till.sale() for _ in range(5))]
        results = self.post("/journal", {"records": records})["results"]
        assert {each["outcome"] for each in results} == {"BOOKED"}
        return till.counter

    @contextmanager
    def listening(self) -> Iterator[Stream]:
        proof = self.till.proof("GET", "/live/pos", aud=f"emergency/{self.depot.chain}")
        with self.client.stream("GET", "/live/pos", headers={"Authorization": proof}) as response:
            assert response.status_code == 200
            lines = response.iter_lines()
            while not next(lines).startswith(": connected"):
                pass
            yield Stream(lines)

    def _enrolment(self) -> str:
        said = {
            "v": 1, "version": 1, "org": str(self.depot.org), "chain": {"id": str(self.depot.chain), "name": "Nordly"},
            "store": {"id": str(self.depot.store_id), "number": self.depot.number, "name": "Nordly 12"}
            | {"address": "", "timezone": "Europe/Copenhagen"},
            "pos": {"id": str(new_id()), "number": 7, "name": "Terrasse"},
            "device": {"id": str(self.device), "kid": self.key.kid},
            "series": {"id": str(new_id()), "label": "N1"},
        }  # fmt: skip
        return self.depot.key.sign("butik-enrolment", msgspec.json.encode(said))

    def _at(self, path: str) -> str:
        return f"/api/emergency/v1{path}"

    def _signed(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        proof = self.till.proof(method, self._at(path), body, aud=f"emergency/{self.depot.chain}")
        return {"Authorization": proof, "Content-Type": "application/json"}

    def _read(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()


def _payload(document: str) -> Any:
    return msgspec.json.decode(decode(document.split(".")[1]))


def test_it_calls_nobody_whatever_happens(tmp_path: Path) -> None:
    with watched_cloud(tmp_path) as watch:
        assert live_through(watch.service, tmp_path) == 5
    assert watch.outward == set()


@pytest.mark.soak
def test_a_process_that_calls_out_is_noticed(tmp_path: Path, figures: Figures) -> None:
    port = free_port()
    with watched_cloud(tmp_path, BUTIK_PLANT=str(port)) as watch:
        time.sleep(3)
    figures(calls_found=len(watch.outward))
    assert any(each.endswith(f":{port}") for each in watch.outward)
