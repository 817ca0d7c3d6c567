"""The device's durability for as long as SOAK_MINUTES allow, with deaths that no earlier run has died."""

import os
import random
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.durability.test_device import survive
from tests.support.figures import Figures
from tests.support.street import Street

pytestmark = [pytest.mark.soak, pytest.mark.browser]


def test_it_keeps_every_sale_through_many_deaths(street: Street, tmp_path: Path, figures: Figures) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "10")) / 2
    end = time.monotonic() + minutes * 60
    for life in range(1_000_000):
        seed = random.randrange(2**32)
        print(f"seed {seed}")  # noqa: T201 - what a red run needs to be run again
        folder = tmp_path / str(life)
        folder.mkdir()
        with sync_playwright() as playwright:
            survive(street, folder, playwright, deaths=12, chance=random.Random(seed))
        figures(lives=life + 1, deaths=12 * (life + 1), lost=0)
        if time.monotonic() > end:
            return
