"""The device's durability for as long as SOAK_MINUTES allow, with deaths that no earlier run has died."""

import os
import random
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.durability.test_device import survive
from tests.support.figures import Figures
from tests.support.street import Street

pytestmark = [pytest.mark.soak, pytest.mark.browser]
DEATHS = 12


def test_it_keeps_every_sale_through_many_deaths(street: Street, tmp_path: Path, figures: Figures) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "10")) / 2
    end = time.monotonic() + minutes * 60
    seen: Counter[str] = Counter()
    while True:
        seed = random.randrange(2**32)
        print(f"seed {seed}")  # noqa: T201 - what a red run needs to be run again
        folder = tmp_path / str(seed)
        folder.mkdir()
        with sync_playwright() as playwright:
            survived = survive(street, folder, playwright, deaths=DEATHS, chance=random.Random(seed))
        seen.update(lives=1, deaths=DEATHS, **asdict(survived))
        figures(**seen)
        if time.monotonic() > end:
            return
