"""RT-05, long: as many store-days as SOAK_MINUTES allow, from seeds that no earlier run has used."""

import os
import time

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
    store_days = 0
    while time.monotonic() < until:
        for name, weather in STORMS.items():
            world = World(seed, weather=weather)
            try:
                world.run(DAYS)
            except AssertionError as error:
                pytest.fail(f"seed {seed}, {name}: {error}")
            store_days += DAYS * len(world.lives)
        seed += 1
    figures(store_days=store_days, lost=0, doubled=0, stuck=0, last_seed=seed - 1)
