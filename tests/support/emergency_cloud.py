"""A real emergency cloud beside the street: paired by the three commands, and led by the product's own actions."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from butik.simulator.demo.hand import Hand
from butik.simulator.demo.plan import CHAIN_NAME, EMERGENCY
from butik.simulator.demo.processes import Processes, clean_environment
from tests.support.processes import wait_until_answers
from tests.support.street import CHAIN, SHOP, STORE, Street

PATIENCE = 60  # seconds
# What a person does on the activation site, and the store's recovery by its calls; each has tests of its own.
ACTS = {
    "activate": """
from butik.emergency.actions import activate, today
from butik.organisation.models import Chain
activate(chain=Chain.objects.get(), date=today(now()), accept_newer=False, accept_none=True, actor="test", now=now())
""",
    "hurry": """
from butik.approvals.models import Approval
Approval.objects.filter(state="CONFIRMED").update(due_at=now())
""",
    "release": """
from butik.emergency.actions import release_store
from butik.emergency.models import EmergencyStore
row = EmergencyStore.objects.filter(store__number={number}).latest("emergency__number")
release_store(row=row, actor="test", now=now())
""",
    "recover": """
from butik.emergency.actions import mark_recovered
from butik.emergency.models import EmergencyStore
row = EmergencyStore.objects.filter(store__number={number}).latest("emergency__number")
mark_recovered(row=row, totals_sha256="0" * 64, actor="test", now=now())
""",
    "end": """
from butik.emergency.actions import mark_recovered, release_store
from butik.emergency.models import EmergencyStore
for row in EmergencyStore.objects.exclude(state="RECOVERED"):
    release_store(row=row, actor="test", now=now())
    mark_recovered(row=row, totals_sha256="0" * 64, actor="test", now=now())
""",
    "receipts": """
from butik.sales.models import Sale, Series
series = {{each.pk: f"{{each.pos_number}}-{{each.label}}" for each in Series.objects.all()}}
print(*sorted(f"{{series[each.series_id]}}-{{each.counter}}" for each in Sale.objects.all()))
""",
}


@dataclass
class EmergencyCloud:
    street: Street
    processes: Processes = field(default_factory=Processes)

    @property
    def url(self) -> str:
        return self.street.plan.emergency_url

    @property
    def folder(self) -> Path:
        return self.street.folder / EMERGENCY

    def pair(self) -> None:
        """Introduce, adopt, pair: the three commands that two people carry documents between."""
        environment = self.street.plan.environment(EMERGENCY)
        self.folder.mkdir(exist_ok=True)
        hand = Hand(self.processes, EMERGENCY, environment, self.folder)
        hand.do("found_service")
        introduction, offer = str(self.street.folder / "chain.butik"), str(self.street.folder / "offer.json")
        self.street.hands[CHAIN].do("introduce", out=introduction)
        hand.do("adopt", introduction=introduction, offer=offer)
        self.street.hands[CHAIN].do("pair", offer=offer)
        hand.let_go()
        self.start()

    def start(self) -> None:
        self.street.launch_service(EMERGENCY)
        wait_until_answers(f"{self.url}/health", child=self.street.running[EMERGENCY], seconds=PATIENCE)

    def stop(self) -> None:
        self.street.stop(EMERGENCY)

    def prove_backup(self) -> None:
        """Have the store make its backup, and wait until it was unpacked and sold from."""
        deadline = time.monotonic() + PATIENCE
        while self.street.hands[STORE].do("back_up") != "PROVEN":
            assert time.monotonic() < deadline, f"{CHAIN_NAME}'s backup was not proven"
            time.sleep(0.3)

    def act(self, what: str) -> str:
        """Do one of ACTS inside the emergency cloud; return what it printed."""
        code = "from butik.lib.clock import now\n" + ACTS[what].format(number=SHOP.number)
        done = subprocess.run(
            [sys.executable, "-m", "butik", "shell", "--no-imports", "-c", code],
            env=clean_environment() | self.street.plan.environment(EMERGENCY),
            cwd=self.folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def emergency_cloud(street: Street) -> Iterator[EmergencyCloud]:
    """Paired with the street's chain, with the store's backup proven. Ended with the street."""
    cloud = EmergencyCloud(street)
    try:
        cloud.pair()
        cloud.prove_backup()
        yield cloud
    finally:
        cloud.processes.stop()
