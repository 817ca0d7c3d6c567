"""A chain, one store, the POS app's host and a card terminal as real processes: the street on which browser tests walk.

Set up by the demo's own hands, which use the product's commands and actions. Tests share it for the whole run, so each
finds what the others have sold: they look for what they did themselves, never for totals.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from butik.serving.pos_app import FILES as POS_APP
from butik.simulator.catalogue import GeneratedArticle, generate_catalogue, write_csv
from butik.simulator.demo.hand import Hand
from butik.simulator.demo.people import ADMINISTRATOR, ASSISTANTS, managers
from butik.simulator.demo.plan import SHOPS, Plan
from butik.simulator.demo.processes import Processes, clean_environment
from tests.support.ports import free_row
from tests.support.processes import Child, start, wait_until_answers

SHOP = SHOPS[0]
CHAIN, STORE = "chain", SHOP.key
ALICE, BOB = ADMINISTRATOR.email, managers()[0].email
PASSWORD = "a password for tests only"
PINS = {each.number: f"{each.number}709" for each in ASSISTANTS}
SIZE = 150


@dataclass
class Street:
    """Its addresses, its articles, and its processes, which a test may stop and start again."""

    folder: Path
    plan: Plan
    articles: list[GeneratedArticle]
    hands: dict[str, Hand]
    running: dict[str, Child] = field(default_factory=dict)

    @property
    def chain_url(self) -> str:
        return self.plan.chain_url

    @property
    def store_url(self) -> str:
        return self.plan.shop_url(SHOP)

    @property
    def app_url(self) -> str:
        return self.plan.app_url

    @property
    def terminal_url(self) -> str:
        return self.plan.terminal_url

    @property
    def app_files(self) -> Path:
        """Our own copy of the built app: a test may change it, and a build that runs meanwhile does not."""
        return self.folder / "app-files"

    def store_database(self) -> Path:
        return self.folder / STORE / "butik.sqlite3"

    def invite(self, pos: int) -> str:
        """The address behind an enrolment QR of the store."""
        return str(self.hands[STORE].do("invitation", pos=pos))

    def launch(self, key: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        """Start a process of the street without waiting for it."""
        folder = self.folder / key
        folder.mkdir(exist_ok=True)
        self.running[key] = start(
            [sys.executable, "-m", "butik", *arguments],
            log=folder / "log.txt",
            environment=clean_environment() | (environment or {}),
            folder=folder,
        )

    def launch_service(self, key: str) -> None:
        self.launch(key, "serve", environment=self.plan.environment(key))

    def launch_app(self, files: Path | None = None) -> None:
        port, folder = str(self.plan.port_base), str(files or self.app_files)
        self.launch("app", "serve_pos_app", "--port", port, "--files", folder)

    def serve_app_from(self, files: Path) -> None:
        """Another build at the app's address, as after a release."""
        self.stop("app")
        self.launch_app(files)
        self.await_health("app")

    def await_health(self, key: str) -> None:
        urls = {"app": self.app_url, "terminal": self.terminal_url, CHAIN: self.chain_url, STORE: self.store_url}
        wait_until_answers(f"{urls[key]}/health", child=self.running[key], seconds=60)

    def stop(self, key: str) -> None:
        self.running[key].stop()


def shelf(articles: list[GeneratedArticle]) -> list[GeneratedArticle]:
    """What a test can scan without a question: no age limit, no deposit, sold by the piece."""
    return [
        each
        for each in articles
        if each.unit == "PCS" and each.barcode and not each.linked_number and each.age_limit is None
    ]


@contextmanager
def running_street(folder: Path) -> Iterator[Street]:
    articles = generate_catalogue(SIZE)
    shutil.copytree(POS_APP, folder / "app-files")
    write_csv(articles, folder / "articles.csv")
    street = Street(folder, Plan(folder, free_row(), second_factor=False), articles, {})
    processes = Processes()
    try:
        _set_up(street, processes)
        yield street
    finally:
        for child in street.running.values():
            child.stop()
        processes.stop()


def _set_up(street: Street, processes: Processes) -> None:
    """Whatever can be done at the same time is; a machine with two cores still has to wait for most of it."""
    for key in (CHAIN, STORE):
        street.hands[key] = Hand(processes, key, street.plan.environment(key), street.folder / key)
        street.hands[key].send("found_service")
    chain, store = street.hands[CHAIN], street.hands[STORE]
    port = street.terminal_url.rpartition(":")[2]
    street.launch_app()
    street.launch("terminal", "simulate_terminal", "--port", port, "--origin", street.app_url)
    chain.answer()
    chain.do("found")
    passwords = {person.email: PASSWORD for person in (ADMINISTRATOR, *managers())}
    chain.do("hire", passwords=passwords, pins=PINS)
    code = chain.do("store_code", number=SHOP.number)
    street.launch_service(CHAIN)
    chain.do("import_articles", path=str(street.folder / "articles.csv"), options=[])
    store.answer()
    street.await_health(CHAIN)
    store.do("join", chain_url=street.chain_url, code=code)
    store.send("hire_manager", number=SHOP.number, passwords=passwords)
    street.launch_service(STORE)
    store.answer()
    for key in ("app", "terminal", STORE):
        street.await_health(key)


@pytest.fixture(scope="session")
def street(request: pytest.FixtureRequest) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="butik-street-", ignore_cleanup_errors=True) as folder:
        with running_street(Path(folder)) as made:
            yield made
