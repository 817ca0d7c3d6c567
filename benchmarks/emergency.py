"""From the confirmation of an activation to the first sale that the emergency cloud has accepted.

Real services and the real pages: a chain, three stores, the emergency cloud, and a person in a browser who confirms.
The devices: the POS app in Chromium, used by an assistant who is quick, and simulated ones beside it, all at once.
Some hold last night's price file; the others have never had it, and fetch it over a line of 10 Mbit/s.
"""

import re
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, Route, expect
from tests.support.chromium import running_chromium
from tests.support.demo_page import sign_in
from tests.support.ports import free_port, free_row
from tests.support.pos_page import Pos

from benchmarks.figures import Figure
from benchmarks.services import ROOT, folder
from butik.lib.ids import new_id
from butik.lib.signing import encode
from butik.simulator.demo.folder import Secrets
from butik.simulator.demo.people import APPROVERS, ASSISTANTS
from butik.simulator.demo.plan import CHAIN_NAME, EMERGENCY, EMERGENCY_OFFSET, SHOPS, Plan, Shop
from butik.simulator.demo.processes import Processes, wait_until_ready
from butik.simulator.demo.run import Demo, Wishes
from butik.simulator.demo.show import quiet_bars
from butik.simulator.device import APP, Device
from butik.simulator.ear import Ear
from butik.simulator.sale_documents import BasketItem, pay_cash
from butik.simulator.switch import check_ready, look

ARTICLES, MBIT = 75_000, 10
HOLDS, FETCHES = SHOPS[0], SHOPS[1]  # where the two browsers are the second till
PATIENCE = 120.0
SLOW = 60_000  # milliseconds
PRICES = "**/api/emergency/v1/prices*/**"
BESIDE = "all at once with the others, in one process"
WARM = 5.0  # seconds in which all have time to open their live lines


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs. `address`: of the emergency cloud, over the slow line."""

    demo: Demo
    plan: Plan
    secrets: Secrets

    @property
    def journal(self) -> Path:
        return self.plan.folder / EMERGENCY / "butik.sqlite3"


def measure() -> Iterator[Figure]:
    with folder() as here, _scene(here / "demo") as scene, running_chromium() as browser:
        holding, fetching = _prepare(scene)
        pos_holds, pos_fetches = _browser_tills(scene, browser)
        stop = threading.Event()
        threads = [_sell_when_ordered(device, stop) for device in (*holding, *fetching)]
        activation = _to_confirmation(scene, browser)
        time.sleep(WARM)
        pos_fetches.page.unroute(PRICES)
        fetched = {pos.page: _fetched(pos.page) for pos in (pos_holds, pos_fetches)}
        activation.get_by_test_id("confirm").click(no_wait_after=True)
        began = _await_orders(scene)
        barcode = _barcode(holding[0])
        _sell(pos_holds, barcode)
        _sell(pos_fetches, barcode)
        for thread in threads:
            thread.join(PATIENCE)
        stop.set()
        if fetched[pos_holds.page] or len(fetched[pos_fetches.page]) != 1:
            raise AssertionError(f"who was to fetch, and who did: {fetched}")
        first = _first_sales(scene, began, expected=len(threads) + 2)
        sizes = {path.stat().st_size for path in scene.plan.folder.glob("*-device*/prices-*")}
        yield from _figures(first, holding, fetching, max(sizes) / 1e6)


def _figures(
    first: dict[tuple[str, int], float], holding: list[Device], fetching: list[Device], megabytes: float
) -> Iterator[Figure]:
    fetched = f"{megabytes:.1f} MB at {MBIT} Mbit/s"
    yield Figure("confirm to first sale, POS app that has the prices", first[_store(HOLDS, holding), 2], 5, "s")
    yield Figure(
        "confirm to first sale, POS app that fetches them",
        first[_store(FETCHES, holding), 2],
        20,
        "s",
        note=f"{fetched}; after the other browser",
    )
    yield Figure("the same, simulated devices that have them, worst", _worst(first, holding), 5, "s", note=BESIDE)
    yield Figure("the same, simulated devices that fetch, worst", _worst(first, fetching), 20, "s", note=fetched)


def _worst(first: dict[tuple[str, int], float], devices: list[Device]) -> float:
    return max(first[device.enrolment.store.id.hex, device.enrolment.pos.number] for device in devices)


def _store(shop: Shop, devices: list[Device]) -> str:
    return next(device.enrolment.store.id.hex for device in devices if device.enrolment.store.number == shop.number)


class _Plan(Plan):
    def environment(self, key: str) -> dict[str, str]:
        """No nightly backup in the middle of it, whatever the time of day: it would have the new prices."""
        return super().environment(key) | {"BUTIK_BACKUP_WINDOW": "23:58-23:59"}


@contextmanager
def _scene(folder: Path) -> Iterator[Scene]:
    """A demo with a large catalogue, whose emergency cloud is reached over a slow line."""
    plan, processes, port = _Plan(folder, free_row()), Processes(), free_port()
    demo = Demo(plan, processes, Wishes(generated=ARTICLES))
    folder.mkdir()
    try:
        arguments = ["-m", "benchmarks.slow_line", str(port), str(plan.port_base + EMERGENCY_OFFSET), str(MBIT)]
        line = processes.start("slow line", arguments, {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}, folder / "line")
        wait_until_ready(line, f"http://localhost:{port}")
        with quiet_bars() as bars:
            secrets = demo.set_up(bars)
            demo.pair_emergency(bars, secrets, address=f"http://localhost:{port}")
            demo.await_proofs(bars, secrets)
        yield Scene(demo, plan, secrets)
    finally:
        processes.stop()


def _prepare(scene: Scene) -> tuple[list[Device], list[Device]]:
    """Till 1 of each store has last night's prices. Then a price changes, and who comes now has only the new ones."""
    holding = list(scene.demo.devices.values())
    before = {device: device.prices_version for device in holding}
    _change_a_price(scene)
    for device, version in before.items():
        _until(partial(_is_newer, device, version))
        check_ready(device)
    shop = SHOPS[2]  # at the others a browser is the second till
    code, url = scene.demo.device_code(shop, 2), scene.plan.shop_url(shop)
    late = Device.enrol(scene.plan.folder / f"{shop.key}-device-late", url, code, "Late till")
    late.push()
    _until(partial(_is_newer, late, before[scene.demo.devices[shop.key]]))
    _become_known(late)
    return holding, [late]


def _change_a_price(scene: Scene) -> None:
    """So that what the stores sell from is no longer what their backups have."""
    path = scene.plan.folder / "articles.csv"
    head, first, *rest = path.read_text().splitlines(keepends=True)
    changed = re.sub(r"(\d+)([.,]\d\d)", lambda found: f"{int(found[1]) + 1}{found[2]}", first, count=1)
    assert changed != first
    path.write_text("".join([head, changed, *rest]))
    scene.demo.import_articles(path)


def _is_newer(device: Device, version: int) -> bool:
    device.refresh()
    return device.prices_version > version and bool(device.staff)


def _become_known(device: Device) -> None:
    """The readiness check of a device that has not had the time to fetch anything."""
    assert device.cloud is not None
    body = {"enrolment": device.memory.enrolment, "certificate": device.memory.certificate}
    device.cloud.post("/ready", body | {"key": encode(device.key.public), "app": APP, "holds": ""})


def _browser_tills(scene: Scene, browser: Browser) -> tuple[Pos, Pos]:
    """The POS app twice, ready to scan: one that has made its check, one that was kept from fetching."""
    tills = []
    for shop, is_kept in ((HOLDS, False), (FETCHES, True)):
        page = browser.new_context(locale="en-GB", service_workers="allow").new_page()
        if is_kept:
            page.route(PRICES, _refuse)
        pos = Pos(page)
        pos.enrol(scene.demo.invite(shop), "Benchmark")
        number = ASSISTANTS[0].number
        pos.sign_in(number, scene.secrets.pins[number])
        pos.await_prices("MÆLK")
        pos.menu("Settings")
        if not is_kept:
            expect(page.get_by_text(re.compile("^ready, prices of"))).to_be_visible(timeout=SLOW)
        pos.back()
        tills.append(pos)
    return tills[0], tills[1]


def _fetched(page: Page) -> list[str]:
    """The price files that a browser fetches from now on."""
    seen: list[str] = []
    file = re.compile("/api/emergency/v1/prices/[0-9a-f]{64}$")
    page.on("response", lambda response: seen.append(response.url) if file.search(response.url) else None)
    return seen


def _refuse(route: Route) -> None:
    route.abort()


def _sell(pos: Pos, barcode: str) -> None:
    """As soon as the app lets her: scan, Total, cash."""
    band = pos.page.get_by_test_id("emergency")
    expect(band).to_contain_text(re.compile("Prices of"), timeout=SLOW)
    deadline = time.monotonic() + PATIENCE
    while not pos.lines.count():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the scan is not taken: {pos.trouble.all_inner_texts()}")
        if pos.trouble.count():  # scanned a moment too early: clear it and scan again
            pos.clear()
        pos.scan(barcode)
        with suppress(AssertionError):
            expect(pos.lines).to_have_count(1, timeout=1000)
    pos.pay_cash()


def _sell_when_ordered(device: Device, stop: threading.Event) -> threading.Thread:
    assert device.cloud is not None
    ear = Ear(device.cloud, stop)

    def work() -> None:
        while not stop.is_set():
            if not ear.ordered.wait(0.05):
                continue
            ear.ordered.clear()
            if look(device) == "EMERGENCY":
                assert device.prices is not None
                articles = map(device.prices.article, range(len(device.prices)))
                article = next(each for each in articles if each.linked is None and each.unit == "PCS")
                device.sell([BasketItem(article)], device.staff[0], lambda total: pay_cash(new_id(), total, 50))
                device.push()
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def _to_confirmation(scene: Scene, browser: Browser) -> Page:
    """One asks for the activation; stop with the second one's finger on the button."""
    first, second = (_sign_in(scene, browser, each.email) for each in APPROVERS)
    first.goto(f"{scene.plan.emergency_url}/chains/")
    first.get_by_role("link", name=CHAIN_NAME).click()
    first.get_by_role("link", name="Activate").first.click()
    first.get_by_role("button", name="Show what each store would get").click()
    first.locator("#name").fill(CHAIN_NAME)
    first.get_by_test_id("activate").click()
    second.get_by_role("link", name="Look at it").click()
    second.locator("#name").fill(CHAIN_NAME)
    return second


def _sign_in(scene: Scene, browser: Browser, email: str) -> Page:
    url, page = scene.plan.emergency_url, browser.new_page(locale="en-GB")
    sign_in(page, url, email, scene.secrets)
    page.wait_for_url(f"{url}/board/")
    return page


def _await_orders(scene: Scene) -> float:
    """When the countdown had ended: from there on it is the machine's time."""

    def read() -> list[tuple[str]]:
        with sqlite3.connect(f"file:{scene.journal}?mode=ro", uri=True) as database:
            return database.execute("SELECT due_at FROM approvals_approval WHERE due_at IS NOT NULL").fetchall()

    _until(lambda: bool(read()))
    due = datetime.fromisoformat(read()[0][0]).replace(tzinfo=UTC).timestamp()
    time.sleep(max(0.0, due - time.time()))
    return due


def _barcode(device: Device) -> str:
    assert device.prices is not None
    return next(each.barcode for each in device.prices.articles if len(each.barcode) == 13 and each.unit == "PCS")


def _first_sales(scene: Scene, began: float, *, expected: int) -> dict[tuple[str, int], float]:
    """Store and POS to the seconds after which its first emergency sale was accepted: the emergency cloud's word."""
    where = "FROM sales_sale WHERE label LIKE 'E%' GROUP BY store_id, pos_number"

    def read() -> dict[tuple[str, int], float]:
        with sqlite3.connect(f"file:{scene.journal}?mode=ro", uri=True) as database:
            rows = database.execute(f"SELECT store_id, pos_number, min(received_at) {where}").fetchall()
        return {
            (store, pos): datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() - began for store, pos, at in rows
        }

    _until(lambda: len(read()) >= expected)
    return read()


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("that did not happen")
        time.sleep(0.1)


if __name__ == "__main__":
    for figure in measure():
        print(figure.line(), file=sys.stderr)
