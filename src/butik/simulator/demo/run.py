"""The demo from an empty folder to selling stores, in the order in which one thing needs another."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from butik.simulator.catalogue import generate_catalogue, write_csv
from butik.simulator.demo.folder import Secrets, make_secrets, write_secrets
from butik.simulator.demo.hand import Hand, ask_once
from butik.simulator.demo.people import ADMINISTRATOR, APPROVERS, ASSISTANTS, managers
from butik.simulator.demo.plan import CHAIN, EMERGENCY, SHOPS, Plan, Shop
from butik.simulator.demo.processes import Process, Processes, StartFailedError, wait_until_ready
from butik.simulator.demo.selling import Till, make_history, sell_history
from butik.simulator.demo.show import Bars
from butik.simulator.device import STORE, Device
from butik.simulator.switch import check_ready, enrol_again, look

PATIENCE = 120.0
T = TypeVar("T")


@dataclass(slots=True)
class Wishes:
    """What the user asked for."""

    articles: Path | None = None
    options: list[str] = field(default_factory=list)
    generated: int = 2000
    speed: float = 10.0


class Demo:
    """Everything that runs. Processes are started by the main thread, before any other thread exists."""

    def __init__(self, plan: Plan, processes: Processes, wishes: Wishes) -> None:
        self._plan, self._processes, self._wishes = plan, processes, wishes
        self._hands: dict[str, Hand] = {}
        self._services: dict[str, Process] = {}
        self.devices: dict[str, Device] = {}
        self.import_summary = ""
        self._stop = threading.Event()
        self.tills: list[Till] = []

    def set_up(self, bars: Bars) -> Secrets:
        """From an empty folder to stores that could sell."""
        people = [each.email for each in (ADMINISTRATOR, *APPROVERS, *managers())]
        secrets = make_secrets(people, [each.number for each in ASSISTANTS], [each.email for each in APPROVERS])
        write_secrets(self._plan.folder, secrets)
        self._make_databases(bars)
        self._found(bars, secrets)
        self._import_articles(bars)
        self._start_statics()
        self._join(bars, secrets)
        self._start_services(bars)
        self._enrol_devices(bars)
        return secrets

    def pair_emergency(self, bars: Bars, secrets: Secrets, *, address: str = "") -> None:
        """Pair chain and emergency cloud by the three commands. Stores and tills hear of it by the feed.

        `address`: where others reach the emergency cloud, if not where it listens.
        """
        with bars.step("Paired with the emergency cloud", 3) as bar:
            introduction, offer = self._plan.folder / "chain.butik", self._plan.folder / "offer.json"
            self._hand(CHAIN).do("introduce", out=str(introduction))
            bar.advance()
            self._hand(EMERGENCY).do("adopt", introduction=str(introduction), offer=str(offer))
            if address:
                offer.write_text(json.dumps(json.loads(offer.read_text()) | {"url": address}))
            bar.advance()
            self._hand(CHAIN).do("pair", offer=str(offer))
            self._hand(EMERGENCY).do("hire_approvers", passwords=secrets.people, second_factors=secrets.second_factors)
            bar.advance()

    def await_proofs(self, bars: Bars, secrets: Secrets) -> None:
        """Until every store's first backup is proven, and its till holds what it would sell from."""
        with bars.step("First backups, proven", 2 * len(SHOPS)) as bar:
            waiting, deadline = list(SHOPS), time.monotonic() + PATIENCE
            while waiting:
                if time.monotonic() > deadline:
                    raise StartFailedError("The emergency cloud has not proven the backups. Its log.txt says more.")
                for shop in list(waiting):
                    if self._hand(shop.key).do("back_up") == "PROVEN":
                        waiting.remove(shop)
                        bar.advance()
                time.sleep(0.3 if waiting else 0)
            for shop in SHOPS:
                _patiently("its emergency cloud", partial(_is_ready, self.devices[shop.key]))
                bar.advance()
        secrets.is_ready = True
        write_secrets(self._plan.folder, secrets)

    def go_on(self, bars: Bars) -> None:
        """Start everything again with the data that is there."""
        with bars.step("Services", len(SHOPS) + 4) as bar:
            self._start_statics()
            for key in (CHAIN, EMERGENCY, *(shop.key for shop in SHOPS)):
                self._serve(key)
            self._await(self._services, bar.advance)
        with bars.step("Devices", len(SHOPS)) as bar:
            for shop in SHOPS:
                device = self.devices[shop.key] = Device.open(self._device_folder(shop))
                if look(device) == STORE:
                    device.refresh()
                    check_ready(device)
                bar.advance()

    def sell_history(self, bars: Bars) -> None:
        """All stores at once: each has a device, a service and a database of its own."""
        journeys = {key: make_history(device, seed) for seed, (key, device) in enumerate(self.devices.items())}
        total = sum(len(customers) for customers in journeys.values())
        with bars.step("Sales of the last days", total) as bar:
            for seed, (key, customers) in enumerate(journeys.items()):
                sell_history(self.devices[key], customers, seed, bar.advance)
                for shop in SHOPS:  # whoever has heard of the emergency cloud begins its first backup meanwhile
                    self._hand(shop.key).do("back_up")

    def await_chain(self, bars: Bars) -> None:
        """Until the chain has acknowledged what the stores have sold."""
        with bars.step("The same sales at the chain", 1) as bar:
            hands = [self._hand(shop.key) for shop in SHOPS]
            most, deadline = 1, time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                left = sum(hand.do("unsent") for hand in hands)
                most = max(most, left)
                bar.move_to(most - left, most)
                if not left:
                    return
                time.sleep(0.2)
        raise StartFailedError("The chain has not received all sales.")

    def invite(self, shop: Shop = SHOPS[0]) -> str:
        """A link that makes the browser which opens it the second till of a store, the first one's if none is said."""
        return str(self._hand(shop.key).do("invitation", pos=2))

    def device_code(self, shop: Shop, pos: int) -> str:
        return str(self._hand(shop.key).do("device_code", pos=pos))

    def import_articles(self, path: Path) -> None:
        """Once more, with what has changed."""
        self._hand(CHAIN).do("import_articles", path=str(path.resolve()), options=[])

    def let_hands_go(self) -> None:
        for hand in self._hands.values():
            hand.let_go()
        self._hands.clear()

    def open_shops(self) -> None:
        """From here on assistants sell, until `close_shops`."""
        for seed, shop in enumerate(SHOPS, 100):
            again = partial(self._enrol_again, shop)
            device, speed = self.devices[shop.key], self._wishes.speed
            till = Till(device, seed, speed, self._plan.terminal_url, self._stop, again)
            self.tills.append(till)
            till.thread.start()

    def close_shops(self) -> None:
        self._stop.set()
        for till in self.tills:
            till.thread.join(timeout=10)

    def _enrol_again(self, shop: Shop, device: Device) -> Device:
        """A till whose store has recovered gets a code from whoever stands in the store, as everybody's would."""
        code = ask_once("device_code", self._plan.environment(shop.key), pos=1)
        return enrol_again(device, self._plan.shop_url(shop), str(code), "Simulated till")

    def _make_databases(self, bars: Bars) -> None:
        with bars.step("Databases", len(SHOPS) + 2) as bar:
            hands = [self._hand(key) for key in (CHAIN, EMERGENCY, *(shop.key for shop in SHOPS))]
            for hand in hands:
                hand.send("found_service")
            for hand in hands:
                hand.answer()
                bar.advance()

    def _found(self, bars: Bars, secrets: Secrets) -> None:
        with bars.step("Chain, stores and people", 2) as bar:
            chain = self._hand(CHAIN)
            chain.do("found")
            bar.advance()
            chain.do(
                "hire",
                passwords=secrets.people,
                pins=secrets.pins,
                second_factor=secrets.second_factors[ADMINISTRATOR.email],
            )
            bar.advance()

    def _import_articles(self, bars: Bars) -> None:
        path = self._wishes.articles
        if path is None:
            path = self._plan.folder / "articles.csv"
            write_csv(generate_catalogue(self._wishes.generated), path)
        with bars.step("Articles", 1):
            said = self._hand(CHAIN).do("import_articles", path=str(path.resolve()), options=self._wishes.options)
        self.import_summary = said if self._wishes.articles else ""

    def _join(self, bars: Bars, secrets: Secrets) -> None:
        with bars.step("Stores join their chain", len(SHOPS)) as bar:
            self._serve(CHAIN)
            codes = {shop.key: self._hand(CHAIN).do("store_code", number=shop.number) for shop in SHOPS}
            self._await({CHAIN: self._services[CHAIN]}, lambda: None)
            for shop in SHOPS:
                self._hand(shop.key).send("join", chain_url=self._plan.chain_url, code=codes[shop.key])
            for shop in SHOPS:
                self._hand(shop.key).answer()
                people = {"passwords": secrets.people, "second_factor": secrets.second_factors[ADMINISTRATOR.email]}
                self._hand(shop.key).do("hire_manager", number=shop.number, **people)
                bar.advance()

    def _start_services(self, bars: Bars) -> None:
        with bars.step("Services", len(SHOPS) + 4) as bar:
            for key in (*(shop.key for shop in SHOPS), EMERGENCY):
                self._serve(key)
            self._await(self._services, bar.advance)

    def _enrol_devices(self, bars: Bars) -> None:
        with bars.step("Price files and devices", 2 * len(SHOPS)) as bar:
            for shop in SHOPS:
                code = _patiently("its POSs", partial(self._hand(shop.key).do, "device_code", pos=1))
                folder, url = self._device_folder(shop), self._plan.shop_url(shop)
                self.devices[shop.key] = Device.enrol(folder, url, str(code), "Simulated till")
                bar.advance()
            for shop in SHOPS:
                _patiently("prices and staff", partial(_is_stocked, self.devices[shop.key]))
                bar.advance()

    def _start_statics(self) -> None:
        """What stands outside the chain: the POS app's host, and a card terminal."""
        base, plan = self._plan.port_base, self._plan
        app = ["-m", "butik", "serve_pos_app", "--port", str(base)]
        self._services["app"] = self._processes.start("POS app", app, {}, plan.folder / "pos-app")
        port = plan.terminal_url.rpartition(":")[2]
        terminal = ["-m", "butik", "simulate_terminal", "--port", port, "--origin", plan.app_url]
        self._services["terminal"] = self._processes.start("Card terminal", terminal, {}, plan.folder / "terminal")

    def _serve(self, key: str) -> None:
        self._services[key] = self._processes.start(
            key, ["-m", "butik", "serve"], self._plan.environment(key), self._plan.folder / key
        )

    def _await(self, services: dict[str, Process], done: Callable[[], object]) -> None:
        urls = {"app": self._plan.app_url, "terminal": self._plan.terminal_url}
        urls |= {CHAIN: self._plan.chain_url, EMERGENCY: self._plan.emergency_url}
        urls |= {shop.key: self._plan.shop_url(shop) for shop in SHOPS}
        for key, process in services.items():
            wait_until_ready(process, urls[key])
            done()

    def _hand(self, key: str) -> Hand:
        if key not in self._hands:
            environment = self._plan.environment(key)
            self._hands[key] = Hand(self._processes, key, environment, self._plan.folder / key)
        return self._hands[key]

    def _device_folder(self, shop: Shop) -> Path:
        return self._plan.folder / f"{shop.key}-device"


def _is_stocked(device: Device) -> bool:
    device.refresh()
    return bool(device.staff) and device.prices is not None


def _is_ready(device: Device) -> bool:
    """It knows its emergency cloud from its renewed enrolment, and holds the price file that it would sell from."""
    device.refresh()
    return device.cloud is not None and check_ready(device)


def _patiently(what: str, ask: Callable[[], T]) -> T:
    """Ask until the answer says something: what comes by the feed comes when it comes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise StartFailedError(f"A store did not receive {what} from its chain. Its log.txt says more.")
