"""From `git clone` to the demo's table of addresses: no caches, nothing installed before."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.support.ports import free_row

from benchmarks.figures import Figure
from benchmarks.services import ROOT

TABLE = b"Ctrl-C stops everything"
PATIENCE = 600


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="butik-clone-", ignore_cleanup_errors=True) as folder:
        seconds = _clone_and_start(Path(folder))
    yield Figure("fresh clone to the demo's table", seconds, 90, "s")


def _clone_and_start(here: Path) -> float:
    caches = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "npm_config_cache": "npm", "XDG_CACHE_HOME": "xdg"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    environment = inherited | {name: str(here / "caches" / value) for name, value in caches.items()}
    begun = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", ROOT, here / "butik"], check=True)
    demo = subprocess.Popen(
        ["make", "--silent", "demo", f"OPTIONS=--port-base {free_row()}"],
        cwd=here / "butik",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return _until_table(demo) - begun
    finally:
        os.killpg(demo.pid, signal.SIGTERM)
        demo.wait(timeout=60)


def _until_table(demo: "subprocess.Popen[bytes]") -> float:
    assert demo.stdout is not None
    said = b""
    deadline = time.monotonic() + PATIENCE
    for line in demo.stdout:
        said += line
        if TABLE in line:
            return time.monotonic()
        if time.monotonic() > deadline:
            break
    raise AssertionError(said.decode(errors="replace")[-2000:])
