"""RT-20, with real processes: a store's controller is replaced in an emergency, and the old one wakes up.

A chain, its emergency cloud, the old controller of a store and the new one, each a service with its own folder.
"""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from butik.lib.signing import SigningKey, decode, document_hash, encode
from tests.support.till import API, Till
from tests.sync.services import DEVICE_CODE, FOUND, Service, wait_until

pytestmark = pytest.mark.slow
EMERGENCY = "/api/emergency/v1"

ADD_ASSISTANT = """
from butik.lib.clock import now
from butik.organisation.models import Store
from butik.staff.actions import add_assistant
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier
pin = make_pin_verifier("137924")
role = ShopAssistant.Role.OPERATOR
add_assistant(store=Store.objects.get(), number="101", name="Maja", role=role, pin=pin, actor="system", now=now())
"""
NEW_CODE = """
from butik.lib.clock import now
from butik.organisation.actions import issue_code
from butik.organisation.models import Store
print("code", issue_code(store=Store.objects.get(number=1), actor="system", now=now()))
"""
ACTIVATE = """
from butik.emergency.actions import activate, today
from butik.lib.clock import now
from butik.organisation.models import Chain
activate(chain=Chain.objects.get(), date=today(now()), accept_newer=True, accept_none=True, actor="system", now=now())
"""
RECOVERY_KEY = """
from butik.emergency.actions import issue_recovery_key
from butik.emergency.models import EmergencyStore
from butik.lib.clock import now
row = EmergencyStore.objects.get(store__number=1)
print("code", issue_recovery_key(row=row, actor="system", now=now()))
"""
BACKUP = """
from butik.backups.actions import ask_backup
from butik.lib.clock import now
from butik.organisation.models import Store
ask_backup(store=Store.objects.select_related("chain").get(), actor="system", now=now())
"""
STEP = """
from butik.lib.clock import now
from butik.organisation.models import Store
from butik.recovery import actions
from butik.recovery.cloud import CloudTrouble, cloud_of
from butik.recovery.standing import newest_recovery
store = Store.objects.select_related("chain").get()
common = {"cloud": cloud_of(store), "actor": "system", "now": now()}
try:
    print("did", %s)
except CloudTrouble as trouble:
    print("refused", trouble.code, trouble)
"""


@dataclass
class World:
    chain: Service
    cloud: Service
    old: Service
    new: Service
    folder: Path

    def pair(self) -> None:
        introduction, offer = str(self.folder / "introduction"), str(self.folder / "offer")
        self.chain.run("introduce_chain", "--out", introduction)
        self.cloud.run("adopt_chain", introduction, "--out", offer)
        self.chain.run("pair_emergency", offer)

    def step(self, service: Service, call: str) -> str:
        return service.run("shell", "--no-imports", "-c", STEP % call)


@dataclass
class Device:
    """A tablet: its papers, and the series that it sells in."""

    till: Till
    enrolment: str
    certificate: str

    def call(self, service: Service, method: str, path: str, body: Any = None, aud: str = "") -> Any:
        data = b"" if body is None else msgspec.json.encode(body)
        claims = {"aud": aud} if aud else {}
        proof = self.till.proof(method, path, data, at=time.time(), **claims)
        headers = {"Authorization": proof}
        answer = httpx.request(method, service.url + path, content=data, headers=headers, timeout=10, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def bring(self, service: Service, *documents: str) -> list[str]:
        told = self.call(service, "POST", f"{API}/journal", {"records": documents})
        return [each["outcome"] for each in told["results"]]

    def in_emergency(self, service: Service, chain: str, method: str, path: str, body: Any = None) -> Any:
        return self.call(service, method, EMERGENCY + path, body, aud=f"emergency/{chain}")


def enrol(store: Service) -> Device:
    key = SigningKey.generate()
    body = {"code": store.codes(DEVICE_CODE)[0], "key": encode(key.public), "name": "Tablet", "app": "0.1.0"}
    answer = httpx.post(f"{store.url}{API}/enrol", json=body, trust_env=False)
    answer.raise_for_status()
    told = answer.json()
    return Device(Till.from_enrolment(key, told["enrolment"]), told["enrolment"], told["certificate"])


def payload(document: str) -> Any:
    return json.loads(decode(document.split(".")[1]))


@contextmanager
def the_world(folder: Path) -> Iterator[World]:
    services = [Service(role, folder / name) for role, name in
                (("chain", "chain"), ("emergency", "cloud"), ("store", "old"), ("store", "new"))]  # fmt: skip
    with ExitStack() as stack:
        for service in services:
            stack.callback(service.stop)
        for service in services[:3]:
            service.start()
        for service in services[:3]:
            service.wait()
        yield World(services[0], services[1], services[2], services[3], folder)


def sales(service: Service, store: UUID) -> dict[str, tuple[int, int]]:
    """Number and sum of each series."""
    query = "SELECT label, count(*), sum(total) FROM sales_sale WHERE store_id = ? GROUP BY label"
    return {label: (count, total) for label, count, total in service.ask(query, store.hex)}


def import_articles(chain: Service, folder: Path) -> None:
    file = folder / "articles.csv"
    file.write_text("number;text;price;vat\n1001;MINIMÆLK 1L;12,95;25\n")
    chain.run("import_articles", str(file), "--chain", "1")


def test_the_old_controller_wakes_up_in_the_middle(tmp_path: Path) -> None:
    with the_world(tmp_path) as world:
        chain, cloud, old, new = world.chain, world.cloud, world.old, world.new
        codes = chain.codes(FOUND)
        import_articles(chain, tmp_path)
        old.run("join_chain", "--url", chain.url, "--code", codes[0])
        world.pair()
        old.run("shell", "--no-imports", "-c", ADD_ASSISTANT)
        wait_until(lambda: bool(old.ask("SELECT 1 FROM pricing_pricefile")), "prices of the old controller")
        wait_until(lambda: old.ask("SELECT emergency <> '' FROM organisation_chain") == [(1,)], "the pairing")
        ((version,),) = old.ask("SELECT version FROM articles_article")
        tablet = enrol(old)
        store, chain_id = tablet.till.store, payload(tablet.enrolment)["chain"]["id"]
        sell = Seller(version)
        assert set(tablet.bring(old, tablet.till.opening(), *sell(tablet.till, 3))) == {"BOOKED"}
        wait_until(lambda: sales(chain, store).get("N1", (0, 0))[0] == 3, "sales at the chain")
        assistants = old.ask("SELECT id, number FROM staff_shopassistant")
        wait_until(lambda: chain.ask("SELECT id, number FROM staff_shopassistant") == assistants, "staff at the chain")

        # the backup, and the readiness check of the device
        old.run("shell", "--no-imports", "-c", BACKUP)
        proven = "SELECT state, detail FROM backups_backup"
        wait_until(lambda: ("PROVEN",) in cloud.ask("SELECT state FROM vault_storedbackup"),
                   f"a proven backup: {old.ask(proven)}", 90)  # fmt: skip
        tablet.in_emergency(cloud, chain_id, "POST", "/ready",
                            {"enrolment": tablet.enrolment, "certificate": tablet.certificate, "app": "0.1.0",
                             "key": encode(tablet.till.key.public)})  # fmt: skip

        # the attack: the old controller is cut off, one sale is still on the tablet
        old.kill()
        (unsent,) = sell(tablet.till, 1)
        cloud.run("shell", "--no-imports", "-c", ACTIVATE)
        order = payload(tablet.in_emergency(cloud, chain_id, "GET", "/state")["order"])
        assert order["kind"] == "ACTIVATE"
        given = tablet.in_emergency(cloud, chain_id, "POST", "/enter", {"order": order["id"]})
        place = payload(given["assignment"])
        emergency = replace(tablet.till, series=UUID(place["series"]["id"]), label=place["series"]["label"],
                            counter=0, prev="", total=0)  # fmt: skip
        journal = [unsent, emergency.opening(reason="EMERGENCY"), *sell(emergency, 4)]
        tablet.in_emergency(cloud, chain_id, "POST", "/journal", {"records": journal})

        # the new controller
        new.start()
        new.wait()
        new.run("join_chain", "--url", chain.url, "--code", chain.codes(NEW_CODE)[0])
        same = "SELECT id, number FROM organisation_pos"
        wait_until(lambda: new.ask("SELECT id, number FROM staff_shopassistant") == assistants, "staff of the new one")
        assert new.ask(same) == chain.ask(f"{same} WHERE store_id = ?", store.hex)
        (key,) = cloud.codes(RECOVERY_KEY)
        assert "did" in world.step(new, f'actions.claim(store=store, key="{key}", **common)')
        wait_until(lambda: new.ask("SELECT position, head FROM recovery_recovery") == [(6, 6)], "the sales came down")

        # the old one wakes up: it knows nothing, has a customer, and calls everybody
        old.start()
        old.wait()
        stray = enrol(old)
        assert stray.till.label == "N2"
        stray.bring(old, stray.till.opening(), *sell(stray.till, 2))
        trouble = "SELECT trouble FROM sync_uplink"
        wait_until(lambda: "signature" in str(old.ask(trouble)), f"its chain refuses it: {old.ask(trouble)}")
        assert "refused old-key This controller was replaced" in world.step(
            old, 'actions.claim(store=store, key="AAAA-AAAA", **common)'
        )
        uploads = len(cloud.ask("SELECT 1 FROM vault_storedbackup"))
        old.run("shell", "--no-imports", "-c", BACKUP)
        wait_until(lambda: any("old-key" in str(row) for row in old.ask("SELECT * FROM backups_backup")),
                   "its backup is refused")  # fmt: skip
        assert len(cloud.ask("SELECT 1 FROM vault_storedbackup")) == uploads

        # the devices are stopped, the series is closed, the totals agree
        assert "did" in world.step(new, "actions.release(recovery=newest_recovery(store), **common)")
        order = payload(tablet.in_emergency(cloud, chain_id, "GET", "/state")["order"])
        assert order["kind"] == "RELEASE"
        tablet.in_emergency(cloud, chain_id, "POST", "/journal", {"records": [emergency.closing(reason="RELEASED")]})
        state = "SELECT state, differences FROM recovery_recovery"
        wait_until(lambda: new.ask(state) == [("AGREED", "[]")], "the totals agree")
        marked = "actions.mark_recovered(recovery=newest_recovery(store), store=store, **common)"
        assert "did" in world.step(new, marked)
        assert new.ask(state) == [("RECOVERED", "[]")]
        assert cloud.ask("SELECT state FROM emergency_emergencystore WHERE store_id = ?", store.hex) == [("RECOVERED",)]

        # normal selling, in the next series: the chain knows N1, the old one's N2 never reached anybody
        fresh = enrol(new)
        assert fresh.till.label == "N2"
        assert set(fresh.bring(new, fresh.till.opening(), *sell(fresh.till, 2))) == {"BOOKED"}
        wait_until(lambda: sales(chain, store).get("N2", (0, 0))[0] == 2, "normal sales at the chain")
        wait_until(lambda: sales(chain, store).get("E1", (0, 0))[0] == 4, "emergency sales at the chain")
        price = 1295
        home = {"N1": (4, 4 * price), "E1": (4, 4 * price), "N2": (2, 2 * price)}
        assert sales(chain, store) == home
        assert sales(new, store) == home | {"N1": (1, price)}
        strays = chain.ask("SELECT 1 FROM sales_sale WHERE series_id = ?", stray.till.series.hex)
        assert strays == []
        for service in (chain, new):
            assert service.ask("SELECT reason, detail FROM sales_quarantinedrecord") == []
        assert chain.ask("SELECT kind, trouble FROM sync_takenitem WHERE trouble <> ''") == []
        assert chain.ask("SELECT kind, detail FROM sales_saleexception") == []
        assert [kind for (kind,) in new.ask("SELECT kind FROM sales_saleexception")] == ["GAP"]  # N1's first three


@dataclass
class Seller:
    """Milk, at the version that the store sells it at."""

    version: int

    def __call__(self, till: Till, count: int) -> list[str]:
        documents = []
        for _ in range(count):
            till.counter += 1
            sale = till.sale_payload([("1001", "MINIMÆLK 1L", 1295)])
            sale["lines"][0]["version"] = self.version
            document = till.sign("butik-sale", sale)
            till.prev = document_hash(document)
            documents.append(document)
        return documents
