"""RT-01 at length, and proof that it would find a store that does not wait for its disk."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.durability.power_life import life_under_power, losses
from tests.support.figures import Figures
from tests.support.needs import needs_program

pytestmark = [pytest.mark.soak, needs_program("strace", "RT-01 listens to the disk")]
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))


def test_it_keeps_every_acknowledged_sale_in_all_states_of_long_lives(tmp_path: Path, figures: Figures) -> None:
    """Long enough for checkpoints, which write the database itself."""
    deadline = time.monotonic() + MINUTES * 60 / 4
    seed = random.randrange(1 << 32)
    states = 0
    while time.monotonic() < deadline:
        record = life_under_power(tmp_path / str(seed), sales=60)
        assert any(call.file == "butik.sqlite3" for call in record.calls), "no checkpoint was met"
        found = losses(record, states=3000, chance=random.Random(seed))
        assert found.faults == [], f"seed {seed}"
        states += found.states
        seed += 1
        figures(states=states, lost=0)
    assert states


def test_it_finds_that_a_store_does_not_wait_for_its_disk(tmp_path: Path, figures: Figures) -> None:
    record = life_under_power(tmp_path / "store", sales=12, fault="synchronous=NORMAL")
    found = losses(record, states=300, chance=random.Random(1))
    figures(states=found.states, faults_found=len(found.faults))
    assert any(fault.startswith("lost") for fault in found.faults)
