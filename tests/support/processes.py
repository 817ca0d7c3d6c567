"""Child processes that never outlive the test that started them.

Every child leads a process group of its own, and the group is ended as a whole: a service that is only told to stop by
its leader's death may live on and go on answering (a web server's workers do).
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True, slots=True)
class Child:
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        self.signal_group(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 10) -> None:
        """Ask the group to end; what has not ended in time is killed."""
        self.signal_group(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    when_parent_dies: str = "TERM",
) -> Child:
    """Start a child in its own process group; it is signalled too if this process is killed."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["/usr/bin/setpriv", "--pdeathsig", when_parent_dies, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    return Child(process=process, log=log)


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    answers_at: str | None = None,
    seconds: float = 30,
) -> Iterator[Child]:
    """A child for as long as the block lasts; with `answers_at`, the block begins when that address answers."""
    child = start(command, log=log, environment=environment, folder=folder)
    try:
        if answers_at is not None:
            wait_until_answers(answers_at, child=child, seconds=seconds)
        yield child
    finally:
        child.stop()


def wait_until_answers(url: str, *, child: Child | None = None, seconds: float = 30) -> None:
    """Return when the address gives any answer below 500; fail early when the child has ended."""
    deadline = time.monotonic() + seconds
    last = "no answer"
    while time.monotonic() < deadline:
        if child is not None and not child.is_running:
            raise RuntimeError(f"It ended with {child.process.returncode} before {url} answered:\n{child.tail()}")
        try:
            status = httpx.get(url, timeout=2, trust_env=False).status_code
            if status < 500:
                return
            last = f"status {status}"
        except httpx.TransportError as error:
            last = type(error).__name__
        time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer in {seconds:g} s ({last}).\n{child.tail() if child else ''}")
