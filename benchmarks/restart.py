"""After a SIGKILL: from the supervisor's restart until the service answers through its front door."""

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_port

from benchmarks.figures import Figure, percentile
from benchmarks.services import folder

ROLES = ("store", "chain", "emergency")
RESTARTS = 20


def measure() -> Iterator[Figure]:
    with folder() as here:
        for role in ROLES:
            seconds = _restarts(here / role, role)
            yield Figure(f"restart of the {role} after SIGKILL, p50", percentile(seconds, 0.5), 1, "s")
            yield Figure(f"restart of the {role} after SIGKILL, p95", percentile(seconds, 0.95), 1, "s")


def _restarts(data: Path, role: str) -> list[float]:
    port = free_port()
    own = {"BUTIK_ROLE": role, "BUTIK_DATA": str(data), "BUTIK_URL": f"http://localhost:{port}"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BUTIK_")} | own
    command = [sys.executable, "-m", "butik"]
    subprocess.run([*command, "found_service"], env=environment, check=True, capture_output=True)
    seconds = []
    for _ in range(1 + RESTARTS):
        began = time.perf_counter()
        service = subprocess.Popen([*command, "serve"], env=environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            while not all(_is_answered(port, path) for path in ("/health", "/live/health", "/api/")):
                if service.poll() is not None:
                    raise RuntimeError(f"the {role} service ended")
                time.sleep(0.005)
            seconds.append(time.perf_counter() - began)
        finally:
            service.kill()  # the supervisor alone: its children go with it, and may still hold port and folder
            service.wait()
    return seconds[1:]  # the first start was none after a SIGKILL


def _is_answered(port: int, path: str) -> bool:
    """By the process behind the front door, whatever it says; the door itself would say 502."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        line.request("GET", path)
        return line.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
