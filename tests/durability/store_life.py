"""A store whose process for calls is started and killed at will, and tills that sell into it whatever happens."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import msgspec

from butik.lib.clock import now
from butik.lib.signing import SigningKey, encode
from tests.durability.storekeeper import SOCKET
from tests.support.till import API, BREAD, MILK, Till

ROOT = Path(__file__).parents[2]


class Line(HTTPConnection):
    """HTTP over the socket that a store's process for calls listens on."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)

    def ask(self, path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            self.request("POST", path, body, {"Content-Type": "application/json", **headers})
            response = self.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException):
            self.close()
            raise


@dataclass(slots=True)
class StoreLife:
    """`acknowledged` has every sale whose answer arrived, with the moment at which it did."""

    data: Path
    keeper: subprocess.Popen[str]
    codes: list[str]
    process: int = 0
    acknowledged: list[tuple[float, str]] = field(default_factory=list)
    repeated: int = 0

    @property
    def database(self) -> Path:
        return self.data / "butik.sqlite3"

    def start(self) -> None:
        """Kill the process that there is, and start one."""
        self.process = self._tell("start")

    def kill(self) -> None:
        self.process = self._tell("kill")

    def _tell(self, command: str) -> int:
        assert self.keeper.stdin is not None
        self.keeper.stdin.write(f"{command}\n")
        self.keeper.stdin.flush()
        return int(_line(self.keeper))

    def enrol(self) -> Till:
        key = SigningKey.generate()
        body = {"code": self.codes.pop(), "key": encode(key.public), "name": "Tablet", "app": "0.1.0"}
        with self.line() as line:
            given = _until_answered(line, f"{API}/enrol", msgspec.json.encode(body), {})
        return Till.from_enrolment(key, given["enrolment"], now=now())

    @contextmanager
    def line(self) -> Iterator[Line]:
        line = Line(self.data / SOCKET)
        try:
            yield line
        finally:
            line.close()

    def sell(self, till: Till, sales: int, enough: threading.Event | None = None) -> None:
        """Sell; what was not answered is sent again until it is."""
        with self.line() as line:
            self._send(line, till, till.opening())
            for _ in range(sales):
                if enough is not None and enough.is_set():
                    return
                record = till.sale(MILK, BREAD, MILK)
                outcome = self._send(line, till, record)
                self.acknowledged.append((time.time(), record))
                self.repeated += outcome == "KNOWN"

    def _send(self, line: Line, till: Till, record: str) -> str:
        body = msgspec.json.encode({"records": [record]})
        headers = {"Authorization": till.proof("POST", f"{API}/journal", body, at=time.time())}
        outcome: str = _until_answered(line, f"{API}/journal", body, headers)["results"][0]["outcome"]
        assert outcome in {"BOOKED", "KNOWN"}, outcome
        return outcome


@contextmanager
def store_life(data: Path, *, tills: int, fault: str = "") -> Iterator[StoreLife]:
    with _keeper(data, tills, {"FAULT": fault}) as keeper:
        life = StoreLife(data, keeper, msgspec.json.decode(_line(keeper)))
        try:
            yield life
        finally:
            if keeper.poll() is None:
                life.kill()


@contextmanager
def _keeper(data: Path, tills: int, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    data.mkdir()
    service = {
        "DJANGO_SETTINGS_MODULE": "butik.settings",
        "BUTIK_ROLE": "store",
        "BUTIK_DATA": str(data),
        "BUTIK_DATABASE_URL": "",
    }
    with (data / "log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.durability.storekeeper", str(tills)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, **service, **environment},
            cwd=ROOT,
            text=True,
        )
    try:
        yield keeper
    finally:
        keeper.terminate()
        keeper.wait()
        for pipe in (keeper.stdin, keeper.stdout):
            if pipe is not None:
                pipe.close()


def storm(life: StoreLife, *, kills: int, tills: int, chance: random.Random) -> None:
    """Sell with some tills at once while the process is killed again and again, 30 to 150 ms after its first answer."""
    life.start()
    enough = threading.Event()
    mine = [life.enrol() for _ in range(tills)]
    sellers = [threading.Thread(target=life.sell, args=(till, 1_000_000, enough)) for till in mine]
    for seller in sellers:
        seller.start()
    try:
        for _ in range(kills):
            before = len(life.acknowledged)
            _wait_until(lambda before=before: len(life.acknowledged) > before)
            time.sleep(chance.uniform(0.03, 0.15))
            life.start()
    finally:
        enough.set()
        for seller in sellers:
            seller.join()


def _until_answered(line: Line, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        try:
            status, content = line.ask(path, body, headers)
        except (OSError, HTTPException):
            if time.monotonic() > deadline:
                raise
        else:
            assert status in {200, 503}, content
            if status == 200:
                answer: dict[str, Any] = msgspec.json.decode(content)
                return answer
        time.sleep(0.01)


def _wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("nothing was sold for 30 s")
        time.sleep(0.002)


def _line(keeper: "subprocess.Popen[str]") -> str:
    assert keeper.stdout is not None
    line = keeper.stdout.readline()
    assert line, "the store's process ended: see its log"
    return line
