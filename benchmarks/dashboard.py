"""From a receipt in one of three stores to the chain's dashboard in a browser; and what the services weigh."""

import threading
import time
from collections.abc import Iterator
from random import Random

from tests.support.chromium import running_chromium
from tests.support.demo_page import sign_in

from benchmarks.demo_services import running_demo
from benchmarks.figures import Figure, percentile
from benchmarks.memory import megabytes
from benchmarks.services import folder
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.simulator.assistants import Shoppers
from butik.simulator.demo.people import ADMINISTRATOR
from butik.simulator.device import Device
from butik.simulator.sale_documents import pay_card

SALES, PAUSE = 40, 1.0  # of each store; seconds between two of one store, on average
ARTICLES = 2000
# Notes when each store's number of sales changes on the screen.
WATCH = """() => {
  window.seen = [];
  const note = () => document.querySelectorAll('[data-part=sales]').forEach((part) => {
    const line = [part.closest('tr').id.replace('store-', ''), Number(part.dataset.amount), Date.now()];
    if (!window.seen.some((each) => each[0] === line[0] && each[1] === line[1])) window.seen.push(line);
  });
  note();
  new MutationObserver(note).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


def measure() -> Iterator[Figure]:
    with folder() as here, running_demo(here / "demo", articles=ARTICLES) as (demo, plan, secrets, processes):
        with running_chromium() as browser:
            page = browser.new_page()
            sign_in(page, plan.chain_url, ADMINISTRATOR.email, secrets)
            page.locator("[data-stream-state=open]").wait_for()
            page.evaluate(WATCH)
            receipts = _sell(list(demo.devices.values()))
            time.sleep(3)
            seen = page.evaluate("window.seen")
        waits = _waits(receipts, seen)
        yield Figure("receipt to the dashboard's figure, p95", percentile(waits, 0.95), 1, "s")
        yield Figure("sales that the dashboard did not show", sum(map(len, receipts.values())) - len(waits), 0, "sales")
        weights = {process.name: megabytes(process.popen.pid) for process in processes.running}
        for name in ("chain", *demo.devices):
            yield Figure(f"memory of {name} with live and worker", weights[name], 200, "MB PSS")
        yield Figure("memory of all the demo's services", sum(weights.values()), 900, "MB PSS")


def _sell(devices: list[Device]) -> dict[str, list[float]]:
    """When each receipt was there, for each store."""
    receipts: dict[str, list[float]] = {str(device.enrolment.store.id): [] for device in devices}

    def work(device: Device, seed: int) -> None:
        assert device.prices is not None
        random, shoppers = Random(seed), Shoppers(device.prices, seed)
        for _ in range(SALES):
            time.sleep(random.uniform(0.5, 1.5) * PAUSE)
            basket = shoppers.next_customer(now()).basket
            device.sell(basket, device.staff[0], lambda total: pay_card(new_id(), total, "000000000001"))
            receipts[str(device.enrolment.store.id)].append(time.time())
            device.push()

    threads = [threading.Thread(target=work, args=(device, seed)) for seed, device in enumerate(devices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts


def _waits(receipts: dict[str, list[float]], seen: list[tuple[str, int, float]]) -> list[float]:
    """For each receipt how long it took until its store's row had counted it."""
    waits = []
    for store, times in receipts.items():
        shown = sorted((sales, at / 1000) for where, sales, at in seen if where == store)
        for count, at in enumerate(times, 1):
            counted = [moment for sales, moment in shown if sales >= count]
            if counted:
                waits.append(min(counted) - at)
    return waits
