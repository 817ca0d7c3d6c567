"""A store service with enrolled tills, and the requests that its tills would send."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
from tests.support.ports import free_port

from benchmarks.client import request
from benchmarks.services import run_child
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.organisation.proofs import make_proof
from butik.simulator.catalogue import generate_catalogue, write_csv
from butik.simulator.demo.processes import Process, Processes, wait_until_ready
from butik.simulator.device import Device
from butik.simulator.sale_documents import BasketItem, pay_card
from butik.simulator.store_line import API

LINES = 10


@dataclass(slots=True)
class StoreService:
    """A store that serves. `data` is its folder, `devices` its tills."""

    data: Path
    port: int
    environment: dict[str, str]
    devices: list[Device]
    process: Process
    codes: list[str]  # for devices to come
    _random: Random = field(default_factory=lambda: Random(57))

    def sales(self, tills: int, each: int) -> list[list[bytes]]:
        """For each till requests that each report one new sale of ten lines, signed as tills sign."""
        return [[_journal_request(device, self._random) for _ in range(each)] for device in self.devices[:tills]]

    def look_ups(self, tills: int, each: int) -> list[list[bytes]]:
        """For each till requests for articles by their barcodes."""
        return [[_look_up_request(device, self._random) for _ in range(each)] for device in self.devices[:tills]]


@contextmanager
def store_service(
    data: Path,
    *,
    articles: int,
    tills: int,
    spare: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Iterator[StoreService]:
    """A store that serves `tills` devices; `spare` more may be enrolled. `settings` are more of the service's own."""
    port = free_port()
    environment = {
        "BUTIK_ROLE": "store",
        "BUTIK_DATA": str(data),
        "BUTIK_URL": f"http://localhost:{port}",
        **(settings or {}),
    }
    data.mkdir(parents=True)
    write_csv(generate_catalogue(articles), data / "articles.csv")
    codes = json.loads(
        run_child("benchmarks.setup_store", data / "articles.csv", str(tills + spare), environment=environment)
    )
    processes = Processes()
    try:
        process = processes.start("store", ["-m", "butik", "serve"], environment, data)
        wait_until_ready(process, environment["BUTIK_URL"])
        devices = [
            Device.enrol(data / f"device-{place}", environment["BUTIK_URL"], code, f"Till {place}")
            for place, code in enumerate(codes[:tills], 1)
        ]
        for device in devices:
            device.push()
            _stock(device)
        yield StoreService(data, port, environment, devices, process, codes[tills:])
    finally:
        processes.stop()


def _stock(device: Device) -> None:
    deadline = time.monotonic() + 60
    while device.prices is None or not device.staff:
        if time.monotonic() > deadline:
            raise TimeoutError("the store published no price file")
        device.refresh()
        time.sleep(0.1)


def _journal_request(device: Device, random: Random) -> bytes:
    prices = device.prices
    assert prices is not None
    basket: list[BasketItem] = []
    while len(basket) < LINES:
        article = random.choice(prices.articles)
        if article.linked is None and article.unit == "PCS":
            basket.append(BasketItem(article, random.choice((1000, 1000, 2000))))
    sale = device.draft_sale(basket, device.staff[0], lambda total: pay_card(new_id(), total, "000000000001"), now())
    body = msgspec.json.encode({"records": [device.sign_sale(sale)]})
    return _signed(device, "POST", f"{API}/journal", body)


def _look_up_request(device: Device, random: Random) -> bytes:
    prices = device.prices
    assert prices is not None
    article = random.choice(prices.articles)
    while not article.barcode:
        article = random.choice(prices.articles)
    return _signed(device, "GET", f"{API}/articles/by-barcode/{article.barcode}", b"")


def _signed(device: Device, method: str, target: str, body: bytes) -> bytes:
    here = device.enrolment
    at = (now() + timedelta(seconds=device.line.offset)).timestamp()
    proof = make_proof(
        device.key,
        org=here.org,
        sub=here.device.id,
        aud=here.service.audience,
        method=method,
        target=target,
        body=body,
        at=at,
    )
    return request(method, target, body, {"Authorization": proof, "Content-Type": "application/json"})
