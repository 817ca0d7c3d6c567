"""The demo's processes: each writes its own log, none outlives us."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from butik.serving.processes import die_with

GRACE = 12.0


class StartFailedError(Exception):
    """Said in the user's words, with the end of the log."""


@dataclass(slots=True)
class Process:
    name: str
    log: Path
    popen: subprocess.Popen[bytes]
    said_before: int  # bytes that stood in the log when it started

    def check(self) -> None:
        if self.popen.poll() is not None:
            raise StartFailedError(f"{self.name} stopped. The end of {self.log}:\n{tail(self.log)}")


class Processes:
    """Everything that we started, to be stopped together. Start from one thread only, before any other exists."""

    def __init__(self) -> None:
        self._running: list[Process] = []

    def start(
        self, name: str, arguments: list[str], environment: dict[str, str], folder: Path, *, talks: bool = False
    ) -> Process:
        """Start `python …arguments` with its log in `folder`; one that `talks` has pipes for in and out."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = folder / "log.txt"
        parent = os.getpid()
        pipe: int | None = subprocess.PIPE if talks else None
        with log.open("ab") as file:
            said_before = file.tell()
            popen = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
                [sys.executable, *arguments],
                env=clean_environment() | environment,
                stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or file,
                stderr=file,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),
            )
        process = Process(name, log, popen, said_before)
        self._running.append(process)
        return process

    @property
    def running(self) -> list[Process]:
        return list(self._running)

    def check(self) -> None:
        for process in self._running:
            process.check()

    def forget(self, process: Process) -> None:
        """It was meant to end, and has."""
        process.popen.wait(timeout=GRACE)
        self._running.remove(process)

    def stop(self) -> None:
        """Ask all to stop, wait for all, kill what is left."""
        for process in self._running:
            if process.popen.poll() is None:
                process.popen.terminate()
        deadline = time.monotonic() + GRACE
        for process in self._running:
            try:
                process.popen.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.popen.pid, signal.SIGKILL)
                process.popen.wait()
            _close(process.popen.stdin)
            _close(process.popen.stdout)
        self._running.clear()


def wait_until_ready(process: Process, url: str, *, seconds: float = 60) -> None:
    """Until the process itself has said that it answers at `url`: somebody else might answer there too."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        process.check()
        if url.encode() in process.log.read_bytes()[process.said_before :]:
            return
        time.sleep(0.05)
    raise StartFailedError(f"{process.name} is not ready at {url}. The end of {process.log}:\n{tail(process.log)}")


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def clean_environment() -> dict[str, str]:
    """Ours without what would set up a service: a demo's services know only what they are told."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BUTIK_", "DJANGO_"))}


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()
