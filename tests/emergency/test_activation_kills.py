"""Kill -9 at each step of an activation, then the step again: the same end, and never a half in between."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.serving.service import ROOT, make_service
from tests.support.figures import Figures


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    service = make_service(folder, role="emergency")
    done = subprocess.run(
        [sys.executable, "-m", "tests.emergency.killing", *arguments],
        env=service.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def faults(said: dict[str, Any]) -> list[str]:
    whole = said[""]["end"]
    found = []
    for point in said.keys() - {""}:
        half, end = said[point]["half"], said[point]["end"]
        if not said[point]["killed"]:
            found.append(f"{point}: nobody was killed")
        if end != whole:  # also the second time: once
            found.append(f"{point}: ended otherwise: {end}")
        if bool(half["emergencies"]) != bool(half["stores"]):
            found.append(f"{point}: half an emergency was kept")
        if bool(half["orders"]) != bool(half["told"]):
            found.append(f"{point}: an order that nobody was told of, or none that was told")
    return found


def test_killed_anywhere_and_repeated_it_ends_the_same(tmp_path: Path) -> None:
    """Truth 13's way: each step can be repeated."""
    said = run(tmp_path)
    whole = said[""]["end"]
    assert whole["stores"] == ["(12, 'NONE', 'SELLING')", "(13, 'EXACT', 'SELLING')", "(14, 'EXACT', 'SELLING')"]
    assert (len(whole["orders"]), whole["told"], whole["frozen"]) == (1, 3, 1)
    assert whole["approvals"] == ["DONE"]
    assert len(said) == 13
    assert faults(said) == []


@pytest.mark.soak
def test_steps_that_are_no_transactions_are_noticed(tmp_path: Path, figures: Figures) -> None:
    said = run(tmp_path, "plant")
    found = faults(said)
    figures(kills=len(said) - 1, faults_found=len(found))
    assert found
