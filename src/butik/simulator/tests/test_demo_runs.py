"""`butik demo` as a user starts it: from nothing to selling stores, and again with the same data."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.ports import free_row, is_port_free

from butik.simulator.demo.folder import read_secrets
from butik.simulator.demo.plan import Plan


@pytest.mark.slow
def test_it_starts_sells_stops_and_goes_on_with_the_same_data(tmp_path: Path) -> None:
    folder, base = tmp_path / "demo", free_row()
    first = _run(folder, base)
    secrets = read_secrets(folder)
    assert secrets is not None
    assert secrets.is_ready
    assert all(password in first for password in secrets.people.values())
    assert re.search(rf"http://localhost:{base}/#enrol=\S+", first)
    second = _run(folder, base)
    assert read_secrets(folder) == secrets
    assert f"http://localhost:{base + 40}" in first
    assert len(set(secrets.second_factors.values())) == 3  # of each approver, and of everybody else
    assert all(secret in first for secret in secrets.second_factors.values())
    assert "First backups, proven" in first
    assert "Databases" in first
    assert "Databases" not in second
    assert all(is_port_free(port) for port in Plan(folder, base).ports)


def _run(folder: Path, base: int) -> str:
    """Until it stops by itself; what it said."""
    command = [sys.executable, "-m", "butik", "demo", "--folder", str(folder), "--port-base", str(base)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [*command, "--generated", "80", "--speed", "100", "--minutes", "0.05"],
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
