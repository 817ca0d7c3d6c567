"""RT-02: the store's process is killed again and again while tills sell into it over HTTP."""

import random
from pathlib import Path

from tests.durability.store_life import store_life, storm
from tests.durability.store_proof import faults_in

KILLS = 25


def test_it_loses_no_sale_and_books_none_twice_however_often_it_is_killed(tmp_path: Path) -> None:
    with store_life(tmp_path / "store", tills=2) as life:
        storm(life, kills=KILLS, tills=2, chance=random.Random(2))
        life.kill()
        assert faults_in(life.database, [record for _, record in life.acknowledged]) == []
        assert len(life.acknowledged) >= KILLS
