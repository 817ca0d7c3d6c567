"""RT-02 for long, and proof that it would find what it looks for."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.durability.store_life import store_life, storm
from tests.durability.store_proof import faults_in
from tests.support.figures import Figures, tally

pytestmark = pytest.mark.soak
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))


def test_it_survives_hundreds_of_kills(tmp_path: Path, figures: Figures) -> None:
    deadline = time.monotonic() + MINUTES * 60 / 4
    seed, seen = random.randrange(1 << 32), Counter[str]()
    while time.monotonic() < deadline:
        folder = tmp_path / str(seed)
        with store_life(folder, tills=4) as life:
            storm(life, kills=100, tills=4, chance=random.Random(seed))
            life.kill()
            found = faults_in(life.database, [record for _, record in life.acknowledged])
            seen.update(runs=1, kills=100, acknowledged=len(life.acknowledged), sent_again=life.repeated)
            seen.update(tally(found, lost="lost", doubled="double"), faults=len(found))
            figures(**seen)
            assert found == [], f"seed {seed}"
        seed += 1


def test_it_finds_an_outbox_that_is_written_in_a_second_transaction(tmp_path: Path, figures: Figures) -> None:
    with store_life(tmp_path / "store", tills=4, fault="outbox in a second transaction") as life:
        storm(life, kills=60, tills=4, chance=random.Random(5))
        life.kill()
        found = faults_in(life.database, [record for _, record in life.acknowledged])
        figures(acknowledged=len(life.acknowledged), faults_found=len(found))
    assert found == [each for each in found if each.startswith("sale and outbox")] != []
