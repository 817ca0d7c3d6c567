"""RT-01: the power goes at any moment; no sale that was acknowledged is lost, and the journal is whole."""

import random
from pathlib import Path

from tests.durability.backup_power import backup_losses, backups_under_power, vault_losses, vault_under_power
from tests.durability.power_life import life_under_power, losses
from tests.support.needs import needs_program

STATES = 300


@needs_program("strace", "RT-01 listens to the disk")
def test_it_keeps_every_acknowledged_sale_whenever_the_power_goes(tmp_path: Path) -> None:
    record = life_under_power(tmp_path / "store", sales=12)
    found = losses(record, states=STATES, chance=random.Random(1))
    assert found.states >= STATES
    assert found.faults == []


@needs_program("strace", "RT-01 listens to the disk")
def test_a_backup_that_was_received_is_there_and_whole_whenever_the_power_goes(tmp_path: Path) -> None:
    record = vault_under_power(tmp_path / "vault", backups=2)
    found = vault_losses(record, states=STATES, chance=random.Random(1))
    assert found.states >= STATES
    assert found.faults == []


@needs_program("strace", "RT-01 listens to the disk")
def test_a_backup_that_is_said_to_be_made_is_there_and_whole_whenever_the_power_goes(tmp_path: Path) -> None:
    record = backups_under_power(tmp_path / "store", backups=2)
    found = backup_losses(record, states=STATES, chance=random.Random(1))
    assert found.states >= STATES
    assert found.faults == []
