"""RT-11 for long, and proof that it would find what it looks for."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.durability.backup_life import backups_while_selling
from tests.support.figures import Figures, tally

pytestmark = pytest.mark.soak
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))


def test_five_hundred_backups_while_selling(tmp_path: Path, figures: Figures) -> None:
    deadline = time.monotonic() + MINUTES * 60 / 4
    seed, seen = random.randrange(1 << 32), Counter[str]()
    while time.monotonic() < deadline and seen["backups"] < 500:
        folder = tmp_path / str(seed)
        folder.mkdir()
        outcome = backups_while_selling(folder, kills=150, chance=random.Random(seed))
        seen.update(runs=1, kills=150, backups=outcome.backups, sales=outcome.sales)
        seen.update(tally(outcome.faults, lost="missing", doubled="two contents"), faults=len(outcome.faults))
        figures(**seen)
        assert outcome.faults == [], f"seed {seed}"
        seed += 1
    assert seen["backups"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("plain copy of the file", ("missing", "not a prefix", "failed", "different moments")),
        ("a transaction for each table", ("different moments",)),
        ("offered before it is whole", ("half-made",)),
    ],
)
def test_it_finds_planted_faults(tmp_path: Path, fault: str, said: tuple[str, ...], figures: Figures) -> None:
    outcome = backups_while_selling(tmp_path, kills=25, chance=random.Random(7), fault=fault)
    figures(backups=outcome.backups, faults_found=len(outcome.faults))
    assert any(any(word in each for word in said) for each in outcome.faults)
