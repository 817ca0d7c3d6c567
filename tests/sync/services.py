"""A chain's and two stores' real services on loopback, each with its own folder, and a bad line between them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2 as sqlite

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Child, start, wait_until_answers

BUTIK = Path(sys.executable).with_name("butik")

FOUND = """
from butik.lib.clock import now
from butik.organisation.actions import add_pos, found_chain, found_organisation, issue_code, open_store
from butik.organisation.installation import install_chain
common = {"actor": "system", "now": now()}
company = found_organisation(name="Nordly", company="Nordly ApS", vat_number="DK12345678", **common)
chain = found_chain(company=company, number=1, name="Nordly", **common)
for number in (1, 2):
    store = open_store(chain=chain, number=number, name=f"Nordly {number}", **common)
    add_pos(store=store, number=3, name="Till 3", **common)
    print("code", issue_code(store=store, **common))
install_chain(chain=chain)
"""
DEVICE_CODE = """
from butik.lib.clock import now
from butik.organisation.actions import issue_code
from butik.organisation.models import Pos
pos = Pos.objects.select_related("store").get()
print("code", issue_code(store=pos.store, pos=pos, actor="system", now=now()))
"""


@dataclass
class Service:
    role: str
    folder: Path
    port: int = field(default_factory=free_port)
    child: Child | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "data" / "butik.sqlite3"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BUTIK_", "DJANGO_"))}
        return kept | {
            "BUTIK_ROLE": self.role,
            "BUTIK_DATA": str(self.folder / "data"),
            "BUTIK_URL": self.url,
            "BUTIK_POS_ORIGIN": "http://localhost:9",
        }

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        new = [] if (self.folder / "data" / "secrets" / "founding").exists() else ["--new"]
        self.child = start([BUTIK, "serve", *new], log=self.folder / "log", environment=self.environment())

    def wait(self) -> None:
        wait_until_answers(f"{self.url}/health", child=self.child, seconds=60)

    def kill(self) -> None:
        """The power is gone: every process of the service at once."""
        if self.child is not None:
            self.child.kill()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [BUTIK, *command], env=self.environment(), capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def codes(self, script: str) -> list[str]:
        printed = self.run("shell", "--no-imports", "-c", script)
        return [line.split()[1] for line in printed.splitlines() if line.startswith("code ")]

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
            return rows

    def copy_database(self, to: Path) -> None:
        with closing(sqlite.connect(self.database)) as source, closing(sqlite.connect(to)) as target:
            source.backup(target)

    def put_back(self, copy: Path) -> None:
        for left in self.database.parent.glob("butik.sqlite3*"):
            left.unlink()
        shutil.copy(copy, self.database)


@contextmanager
def services(folder: Path) -> Iterator[tuple[Service, list[Service]]]:
    """A founded chain and two stores that have not joined yet."""
    chain = Service("chain", folder / "chain")
    stores = [Service("store", folder / f"store{n}") for n in (1, 2)]
    try:
        for service in (chain, *stores):
            service.start()
        for service in (chain, *stores):
            service.wait()
        yield chain, stores
    finally:
        for service in (chain, *stores):
            if service.child is not None:
                service.child.signal_group(signal.SIGTERM)
        for service in (chain, *stores):
            service.stop()


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)
