"""RT-11 for long, and proof that it would find what it looks for."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.durability.backup_life import backups_while_selling
from tests.support.figures import Figures

pytestmark = pytest.mark.soak
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))


def test_five_hundred_backups_while_selling(tmp_path: Path, figures: Figures) -> None:
    deadline = time.monotonic() + MINUTES * 60 / 4
    seed, backups = random.randrange(1 << 32), 0
    while time.monotonic() < deadline and backups < 500:
        folder = tmp_path / str(seed)
        folder.mkdir()
        outcome = backups_while_selling(folder, kills=150, chance=random.Random(seed))
        assert outcome.faults == [], f"seed {seed}"
        backups += outcome.backups
        seed += 1
        figures(backups=backups, torn=0)
    assert backups > 0


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
