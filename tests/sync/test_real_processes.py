"""RT-06 and RT-09, commit tier: real services, a bad line, kill -9, and a chain that is put back from an older copy."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from butik.lib.signing import SigningKey, encode
from tests.support.till import API, Till
from tests.sync.bad_line import BadLine
from tests.sync.services import DEVICE_CODE, FOUND, Service, services, wait_until

pytestmark = pytest.mark.slow


@dataclass
class Assistant:
    """Sells until told to stop. Like a device, she keeps a record until the store has answered for it."""

    store: Service
    till: Till
    stop: threading.Event = field(default_factory=threading.Event)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=5, trust_env=False))
    thread: threading.Thread = field(init=False)

    def begin(self) -> None:
        self.thread = threading.Thread(target=self.sell)
        self.thread.start()

    def leave(self) -> None:
        self.stop.set()
        self.thread.join(30)
        self.client.close()

    def sell(self) -> None:
        self.bring(self.till.opening())
        while not self.stop.wait(0.03):
            self.bring(self.till.sale())

    def bring(self, document: str) -> None:
        body = msgspec.json.encode({"records": [document]})
        while True:
            proof = self.till.proof("POST", f"{API}/journal", body, at=time.time())
            try:
                answer = self.client.post(
                    f"{self.store.url}{API}/journal", content=body, headers={"Authorization": proof}
                )
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code == 200:
                return
            assert answer.status_code in {502, 503, 500}, answer.text
            time.sleep(0.1)


def enrol(store: Service) -> Till:
    key = SigningKey.generate()
    body = {"code": store.codes(DEVICE_CODE)[0], "key": encode(key.public), "name": "Tablet", "app": "0.1.0"}
    answer = httpx.post(f"{store.url}{API}/enrol", json=body, trust_env=False)
    answer.raise_for_status()
    return Till.from_enrolment(key, answer.json()["enrolment"])


def booked(service: Service, till: Till) -> list[tuple[int, int]]:
    query = "SELECT counter, total FROM sales_sale WHERE store_id = ? ORDER BY counter"
    return [(counter, total) for counter, total in service.ask(query, till.store.hex)]


def day_total(service: Service, store: UUID) -> int:
    query = "SELECT coalesce(sum(total), 0) FROM sales_dayfigure WHERE store_id = ?"
    return int(service.ask(query, store.hex)[0][0])


def import_articles(chain: Service, folder: Path, numbers: range) -> None:
    """Those that are not in the file any more are deleted; prices differ from file to file."""
    file = folder / "articles.csv"
    rows = [f"{number};Article {number};{number},{len(numbers) % 100:02d};25" for number in numbers]
    file.write_text("\n".join(["number;text;price;vat", *rows]))
    chain.run("import_articles", str(file), "--chain", "1")


def all_priced(chain: Service, assistants: list[Assistant]) -> bool:
    """Every store has the chain's articles and no others, and a price file of just them."""
    query = "SELECT number, price, version FROM articles_article WHERE NOT is_deleted ORDER BY number"
    ours = chain.ask(query)
    return all(
        each.store.ask(query) == ours
        and each.store.ask("SELECT articles FROM pricing_pricefile ORDER BY version DESC LIMIT 1") == [(len(ours),)]
        for each in assistants
    )


def assert_same(chain: Service, assistants: list[Assistant]) -> None:
    for each in assistants:
        counters = [counter for counter, _ in booked(chain, each.till)]
        assert counters == list(range(1, each.till.counter + 1))
        assert booked(chain, each.till) == booked(each.store, each.till)
        assert day_total(chain, each.till.store) == each.till.total
    assert chain.ask("SELECT count(*) FROM sales_quarantinedrecord") == [(0,)]
    assert chain.ask("SELECT count(*) FROM sync_takenitem WHERE trouble <> ''") == [(0,)]


def all_home(chain: Service, assistants: list[Assistant]) -> bool:
    return all(len(booked(chain, each.till)) == each.till.counter for each in assistants)


@contextmanager
def joined(folder: Path) -> Iterator[tuple[Service, list[BadLine], list[Assistant]]]:
    """A chain, its stores behind bad lines, and an assistant with a till in each store."""
    with services(folder) as (chain, stores), ExitStack() as stack:
        lines = [stack.enter_context(closing(BadLine(chain.port, seed))) for seed in range(len(stores))]
        for store, line, code in zip(stores, lines, chain.codes(FOUND), strict=True):
            store.run("join_chain", "--url", line.url, "--code", code)
            line.is_bad = True
        assistants = [Assistant(store, enrol(store)) for store in stores]
        for each in assistants:
            stack.callback(each.leave)
        yield chain, lines, assistants


def test_every_sale_comes_home_exactly_once(tmp_path: Path) -> None:
    with joined(tmp_path) as (chain, lines, assistants):
        import_articles(chain, tmp_path, range(1, 4501))
        for each in assistants:
            each.begin()
        time.sleep(2)
        older = tmp_path / "older.sqlite3"
        chain.copy_database(older)
        import_articles(chain, tmp_path, range(200, 4502))
        power_cut(chain, assistants[0].store)
        time.sleep(2)
        for each in assistants:
            each.leave()
        for line in lines:
            line.is_bad = False
        wait_until(lambda: all_home(chain, assistants), "all sales at the chain")
        assert_same(chain, assistants)
        wait_until(lambda: all_priced(chain, assistants), "all articles at the stores")
        assert sum(count for line in lines for fate, count in line.spoilt.items() if fate != "through") > 3

        # the chain's machine burns down, and the older copy is put back
        chain.stop()
        chain.put_back(older)
        assert not all_home(chain, assistants)
        assert not all_priced(chain, assistants)
        chain.start()
        chain.wait()
        wait_until(lambda: all_home(chain, assistants), "all sales at the restored chain", 60)
        wait_until(lambda: all_priced(chain, assistants), "the restored chain's articles at the stores", 60)
        assert_same(chain, assistants)


def power_cut(*services: Service) -> None:
    for each in services:
        each.kill()
    for each in services:
        each.start()
    for each in services:
        each.wait()
