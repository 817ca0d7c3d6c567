"""Start a service on a folder of its own, with a hand inside."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.support.ports import free_port
from tests.support.processes import Child, start, wait_until_answers

ROOT = Path(__file__).resolve().parents[2]
BUTIK = Path(sys.executable).parent / "butik"


@dataclass(frozen=True)
class Service:
    role: str
    port: int
    data: Path
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def session_cookie(self) -> str:
        return f"butik-{self.role}-{self.port}-session"

    def start(self) -> Child:
        new = [] if (self.data / "secrets" / "founding").exists() else ["--new"]
        return start([BUTIK, "serve", *new], log=self.data.with_suffix(".log"), environment=self.environment)

    def wait(self, child: Child) -> None:
        wait_until_answers(f"{self.url}/health", child=child)
        wait_until_answers(f"{self.url}/api/", child=child)  # calls have a process of their own
        wait_until_answers(f"{self.url}/live/health", child=child)

    @contextmanager
    def running(self) -> Iterator[Child]:
        child = self.start()
        try:
            self.wait(child)
            yield child
        finally:
            child.stop()

    @contextmanager
    def hand(self) -> Iterator["Hand"]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.hand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=ROOT,
        )
        try:
            yield Hand(process)
        finally:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Hand:
    process: subprocess.Popen[str]

    def __call__(self, verb: str, **arguments: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([verb, arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the hand fell off while it was to {verb}"
        return json.loads(answer)


def make_service(folder: Path, role: str = "store", **settings: str) -> Service:
    port = free_port()
    data = folder / role
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "butik.settings",
        "BUTIK_ROLE": role,
        "BUTIK_DATA": str(data),
        "BUTIK_SPOOL": str(folder / "spool"),
        "BUTIK_URL": f"http://localhost:{port}",
        "BUTIK_POS_ORIGIN": "http://localhost:8000",
        "BUTIK_SECOND_FACTOR": "no",
        **settings,
    }
    return Service(role, port, data, environment)


def family(child: Child) -> list[psutil.Process]:
    """The supervisor and everything below it."""
    supervisor = psutil.Process(child.process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def named(child: Child, name: str) -> list[psutil.Process]:
    """The processes of one child of the service, uppermost first."""
    return [process for process in family(child)[1:] if process.name() == name]


def left_over(processes: list[psutil.Process]) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
