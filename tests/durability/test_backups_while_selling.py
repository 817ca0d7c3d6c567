"""RT-11: backups are made, handed over and killed while the store sells; each that arrives is an exact prefix."""

import random
from pathlib import Path

from tests.durability.backup_life import backups_while_selling

KILLS = 15


def test_each_backup_is_the_store_of_one_moment(tmp_path: Path) -> None:
    outcome = backups_while_selling(tmp_path, kills=KILLS, chance=random.Random(11))
    assert outcome.faults == []
    assert outcome.backups >= 3
    assert outcome.sales >= 100
