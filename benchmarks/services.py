"""Real services to measure: set up by the demo's hands, served by `butik serve`, gone afterwards."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from butik.simulator.demo.hand import Hand
from butik.simulator.demo.processes import Processes, clean_environment

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk of the checkout: /tmp may be memory, which knows no durability."""
    base = ROOT / ".butik" / "bench"
    base.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=base))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def chain_environment(data: Path, port: int = 8010) -> dict[str, str]:
    return {"BUTIK_ROLE": "chain", "BUTIK_DATA": str(data), "BUTIK_URL": f"http://localhost:{port}"}


def founded_chain(data: Path) -> None:
    """A chain service's database with an organisation, a chain and its stores, and no articles."""
    processes = Processes()
    try:
        hand = Hand(processes, "chain", chain_environment(data), data)
        hand.do("found_service")
        hand.do("found")
        hand.let_go()
    finally:
        processes.stop()


def copy_database(source: Path, target: Path) -> None:
    """A copy that is whole, whatever stands in the source's log."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{target.name}*"):
        leftover.unlink()
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    new.close()
    old.close()


def run_child(module: str, *arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run `python -m module` to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=clean_environment() | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))} | (environment or {}),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        cwd=ROOT,
    )
    return done.stdout
