"""RT-01 at length, and proof that it would find whoever does not wait for the disk."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.durability.backup_power import backup_losses, backups_under_power, vault_losses, vault_under_power
from tests.durability.power_life import Losses, Record, life_under_power, losses
from tests.support.figures import Figures, tally
from tests.support.needs import needs_program

pytestmark = [pytest.mark.soak, needs_program("strace", "RT-01 listens to the disk")]
MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))

Live = Callable[[Path, str], Record]  # in a new folder, with a planted fault or none
Check = Callable[[Record, random.Random], Losses]


def sell(folder: Path, fault: str) -> Record:
    return life_under_power(folder, sales=12 if fault else 60, fault=fault)


def receive(folder: Path, fault: str) -> Record:
    return vault_under_power(folder, backups=3 if fault else 12, fault=fault)


def make(folder: Path, fault: str) -> Record:
    return backups_under_power(folder, backups=2 if fault else 12, fault=fault)


LIVES: dict[str, tuple[Live, Check]] = {
    "store": (sell, lambda record, chance: losses(record, states=3000, chance=chance)),
    "vault": (receive, lambda record, chance: vault_losses(record, states=3000, chance=chance)),
    "backups": (make, lambda record, chance: backup_losses(record, states=3000, chance=chance)),
}


@pytest.mark.parametrize("who", LIVES)
def test_it_keeps_what_it_said_in_all_states_of_long_lives(who: str, tmp_path: Path, figures: Figures) -> None:
    """Long enough for checkpoints, which write the database itself."""
    live, check = LIVES[who]
    deadline = time.monotonic() + MINUTES * 60 / 4
    seed = random.randrange(1 << 32)
    seen: Counter[str] = Counter()
    while time.monotonic() < deadline:
        record = live(tmp_path / str(seed), "")
        assert who != "store" or any(call.file == "butik.sqlite3" for call in record.calls), "no checkpoint was met"
        found = check(record, random.Random(seed))
        seen.update(lives=1, states=found.states, **tally(found.faults, lost="lost", torn="torn", corrupt="corrupt"))
        figures(**seen)
        assert found.faults == [], f"seed {seed}"
        seed += 1
    assert seen["states"]


@pytest.mark.parametrize(
    ("who", "fault", "says"),
    [
        ("store", "synchronous=NORMAL", "lost"),
        *((who, f"no sync of the {what}", "torn") for who in ("vault", "backups") for what in ("file", "folder")),
        *((who, "said before it has its name", "torn") for who in ("vault", "backups")),
    ],
)
def test_it_finds_who_does_not_wait_for_the_disk(
    who: str, fault: str, says: str, tmp_path: Path, figures: Figures
) -> None:
    live, check = LIVES[who]
    found = check(live(tmp_path / who, fault), random.Random(1))
    figures(states=found.states, faults_found=len(found.faults))
    assert any(each.startswith(says) for each in found.faults)
