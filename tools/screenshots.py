"""Pictures for the documents: start a demo, use it as people do, and write docs/images/*.png."""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize
from tests.support.chromium import running_chromium
from tests.support.demo_page import sign_in
from tests.support.pos_page import Pos

from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.people import ADMINISTRATOR, ASSISTANTS, managers
from butik.simulator.demo.plan import SHOPS, Plan
from butik.simulator.demo.processes import Processes
from butik.simulator.demo.run import Demo, Wishes
from butik.simulator.demo.show import progress_bars

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PAGE = ViewportSize(width=1280, height=720)
PHONE = ViewportSize(width=360, height=640)
TILL = ViewportSize(width=1024, height=768)
PORT_BASE = 41300
SELLING = 40_000  # milliseconds of selling before the first picture


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    processes = Processes()
    with tempfile.TemporaryDirectory(prefix="butik-screenshots-") as folder:
        plan = Plan(Path(folder), PORT_BASE)
        demo = Demo(plan, processes, Wishes(speed=60))
        try:
            with progress_bars() as bars:
                secrets = demo.set_up(bars)
                demo.pair_emergency(bars, secrets)
                demo.sell_history(bars)
                demo.await_proofs(bars, secrets)
                demo.await_chain(bars)
            invitation = demo.invite()
            demo.let_hands_go()
            demo.open_shops()
            with running_chromium(["--lang=en"]) as browser:
                _portal(browser, plan, secrets)
                _store(browser, plan, secrets)
                _pos(browser, invitation, secrets)
        finally:
            demo.close_shops()
            processes.stop()
    for image in sorted(IMAGES.glob("*.png")):
        print(f"{image.name}: {image.stat().st_size // 1024} kB")


def _portal(browser: Browser, plan: Plan, secrets: Secrets) -> None:
    page = browser.new_page(viewport=PAGE, locale="en-GB")
    _sign_in(page, plan.chain_url, ADMINISTRATOR.email, secrets)
    page.wait_for_timeout(SELLING)
    page.screenshot(path=IMAGES / "portal.png")


def _store(browser: Browser, plan: Plan, secrets: Secrets) -> None:
    page = browser.new_page(viewport=PAGE, locale="en-GB")
    _sign_in(page, plan.shop_url(SHOPS[0]), managers()[0].email, secrets)
    page.screenshot(path=IMAGES / "store.png")


def _pos(browser: Browser, invitation: str, secrets: Secrets) -> None:
    pos = Pos(browser.new_page(viewport=PHONE, locale="en-GB"))
    pos.enrol(invitation, "Phone")
    pos.sign_in(ASSISTANTS[0].number, secrets.pins[ASSISTANTS[0].number])
    pos.await_prices("MINIMÆLK")
    for words in ("RUGBRØD", "SKYR VANILJE", "KAFFE", "DANSKVAND"):
        pos.find(words)
    pos.page.screenshot(path=IMAGES / "pos-phone.png")
    pos.page.set_viewport_size(TILL)
    pos.page.screenshot(path=IMAGES / "pos-till.png")
    pos.page.set_viewport_size(PHONE)
    pos.pay_cash()
    pos.page.screenshot(path=IMAGES / "pos-receipt.png")


def _sign_in(page: Page, url: str, email: str, secrets: Secrets) -> None:
    sign_in(page, url, email, secrets)
    page.goto(url)  # once more, without the greeting
    page.locator("[data-stream-state=open]").wait_for()


if __name__ == "__main__":
    main()
