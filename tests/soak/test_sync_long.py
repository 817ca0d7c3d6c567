"""RT-05, long: as many store-days as SOAK_MINUTES allow, from seeds that no earlier run has used."""

import os
import sys
import time

import pytest

from tests.simulation.test_sync_simulation import STORMS
from tests.simulation.world import World

pytestmark = pytest.mark.soak
DAYS = 10


def test_it_keeps_every_promise_for_long() -> None:
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
    sys.stderr.write(f"sync simulation: {store_days} store-days without a violation, up to seed {seed - 1}\n")
