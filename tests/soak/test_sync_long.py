"""RT-05, long: as many store-days as SOAK_MINUTES allow, from seeds that no earlier run has used."""

import os
import time
from collections import Counter

import pytest

from tests.simulation.test_sync_simulation import STORMS
from tests.simulation.world import World
from tests.support.figures import Figures

pytestmark = pytest.mark.soak
DAYS = 10


def test_it_keeps_every_promise_for_long(figures: Figures) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "10")) / 2
    seed = int(os.environ.get("SOAK_SEED", str(time.time_ns() // 1_000_000)))
    until = time.monotonic() + 60 * minutes
    seen: Counter[str] = Counter()
    while time.monotonic() < until:
        for name, weather in STORMS.items():
            world = World(seed, weather=weather)
            try:
                world.run(DAYS)
            except AssertionError as error:
                pytest.fail(f"seed {seed}, {name}: {error}")
            finally:
                seen.update(runs=1, store_days=DAYS * len(world.lives), **world.count_faults())
                figures(**seen, last_seed=seed)
        seed += 1
