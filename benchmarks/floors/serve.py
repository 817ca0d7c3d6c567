"""Serve a floor's ASGI app with granian, one worker, as bare as it goes."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.ports import free_port

from benchmarks.services import ROOT
from butik.simulator.demo.processes import Processes


@contextmanager
def floor_app(target: str, environment: dict[str, str]) -> Iterator[int]:
    """The port on which it answers, as long as the block lasts."""
    port = free_port()
    processes = Processes()
    arguments = ["--interface", "asgi", "--port", str(port), "--no-ws", "--no-access-log", "--log-level", "warning"]
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    try:
        process = processes.start(
            target, ["-m", "granian", *arguments, target], environment | paths, ROOT / ".butik" / "bench"
        )
        deadline = time.monotonic() + 20
        while True:
            process.check()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        processes.stop()
