"""The device's own durability: its browser is killed in the middle of sales, again and again, and loses nothing."""

import random
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.durability.proof import check_device, check_store
from tests.durability.till import Till, killable_till
from tests.support.pos_page import SLOW
from tests.support.street import Street, shelf

pytestmark = pytest.mark.browser


def test_it_keeps_every_sale_whose_receipt_was_shown(street: Street, tmp_path: Path) -> None:
    with sync_playwright() as playwright:
        survive(street, tmp_path, playwright, deaths=4, chance=random.Random(57))


@dataclass(frozen=True, slots=True)
class Survived:
    """Receipts that were shown, and what the device had of them in the end."""

    shown: int
    lost: int
    doubled: int


def survive(street: Street, folder: Path, playwright: Playwright, *, deaths: int, chance: random.Random) -> Survived:
    """Enrol a device, let it die so often with and without a line, and look at it and at its store in the end."""
    with killable_till(folder / "profile", playwright) as till:
        till.switch_on(street.app_url)
        till.pos.enrol(street.invite(2), "Killed till")
        till.pos.sign_in("102")
        till.pos.await_prices(shelf(street.articles)[0].receipt_text)
        numbers: list[str] = []
        for death in range(1, deaths + 1):
            die(till, street, chance, has_line=death % 2 == 0)
            till.switch_on(street.app_url)
            numbers = check_device(till, deaths=death)
            if till.sign_in_again("102"):
                numbers = check_device(till, deaths=death)
        expect(till.pos.network).to_have_text("online", timeout=SLOW)
        check_store(street.store_database(), numbers)
        return Survived(
            len(till.shown), lost=len(set(till.shown) - set(numbers)), doubled=len(numbers) - len(set(numbers))
        )


def die(till: Till, street: Street, chance: random.Random, *, has_line: bool) -> None:
    """Sell a few; then die the very moment a receipt shows, or somewhere in the sale after it."""
    till.pos.page.context.set_offline(not has_line)
    receipts = len(till.shown) + chance.randint(2, 6)
    till.kill_at = receipts if chance.random() < 0.5 else None
    plug = threading.Timer(chance.uniform(0.3, 1.5), till.pull_the_plug)
    if till.kill_at is None:
        plug.start()
    till.sell_until_killed(shelf(street.articles)[0].barcode)
    plug.cancel()
    till.kill_at = None
