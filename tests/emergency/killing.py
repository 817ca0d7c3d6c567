"""Run inside an emergency service's settings: two have confirmed; die by kill -9 at a point, again, say how it ended.

    python -m tests.emergency.killing [plant]

A database is made once; each point has a copy of it, and a process of its own that is really killed. With `plant` the
steps are no transactions, so that the test which reads this can be seen to notice.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from butik.approvals import actions as approvals  # noqa: E402
from butik.approvals.models import Approval  # noqa: E402
from butik.emergency import actions, activating  # noqa: E402
from butik.emergency.models import Emergency, EmergencyStore, Order  # noqa: E402
from butik.emergency.preview import preview_activation  # noqa: E402
from butik.live.models import LiveEvent  # noqa: E402
from butik.organisation.actions import found_chain, found_organisation, open_store  # noqa: E402
from butik.organisation.installation import install_emergency  # noqa: E402
from butik.organisation.models import Chain, Store  # noqa: E402
from butik.serving.founding import found_here  # noqa: E402
from butik.staff.people import give_access  # noqa: E402
from butik.vault.models import Freeze, StoredBackup  # noqa: E402

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(function: Callable[..., Any]) -> Callable[..., Any]:
    return die


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        function(*arguments, **named)
        die()

    return call


# Where the power goes: (name, what is replaced, how). Some lie inside a step, where its work is done but not committed.
POINTS: dict[str, tuple[str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {
    "before anything": ("_freeze", before),
    "retention is frozen": ("_freeze", after),
    "in the middle of beginning": ("_store_row", before),
    "begun, not committed": ("announce", after),
    "begun": ("_begin", after),
    "ordered, not committed": ("issue_order", after),
    "ordered": ("_order_all", after),
    "due, not claimed": ("activating.start_due", before),
    "claimed": ("activating.start_due", after),
    "activated, not noted": ("activating.finish", before),
    "noted, not committed": ("approvals.record", after),
    "noted": ("activating.finish", after),
}


MODULES = {"actions": actions, "activating": approvals, "approvals": approvals}


def prepare() -> None:
    found_here()
    company = found_organisation(name="Nordly", company="Nordly", vat_number="DK1", actor="system", now=NOW)
    chain = found_chain(company=company, number=1, name="Nordly", actor="system", now=NOW)
    for number in (12, 13, 14):
        store = open_store(chain=chain, number=number, name=f"Nordly {number}", actor="system", now=NOW)
        for ago in range(number - 12):  # none, one of today, two
            _keep_backup(store, NOW - timedelta(days=ago))
    install_emergency()
    approve()
    LiveEvent.objects.all().delete()


def _keep_backup(store: Store, received_at: datetime) -> None:
    StoredBackup.objects.create(
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store=store,
        manifest="",
        object="",
        sha256=sha256(f"{store.pk}{received_at}".encode()).hexdigest(),
        size=1,
        made_at=received_at,
        received_at=received_at,
        day=received_at.date(),
        key_version=1,
        state=StoredBackup.State.PROVEN,
    )


def activate() -> None:
    """The worker's turn after the countdown: whatever died, it goes on from what stands in the database."""
    chain = Chain.objects.get()
    activating.carry_out_activations(organisation_id=chain.organisation_id, now=NOW + activating.WINDOW)


def approve() -> None:
    """Two persons have asked and confirmed."""
    chain = Chain.objects.get()
    vera, nils = (
        give_access(
            email=f"{name}@example.com",
            name=name,
            password="correct horse battery",
            level="CHAIN_ADMINISTRATOR",
            organisation_id=chain.organisation_id,
            chain=chain,
            store=None,
            actor="system",
            now=NOW,
        )
        for name in ("vera", "nils")
    )
    preview = preview_activation(chain, NOW.date())
    asked = activating.ask_for_activation(
        chain=chain,
        date=NOW.date(),
        accept_newer=False,
        accept_none=True,
        expected=preview.fingerprint,
        person=vera,
        now=NOW,
    )
    activating.confirm_activation(approval=asked, person=nils, expected=preview.fingerprint, now=NOW)


NO_TRANSACTIONS = SimpleNamespace(atomic=nullcontext, on_commit=lambda *_, **__: None)


def die_at(point: str, *, is_planted: bool) -> bool:
    """In a process of its own; say whether it was killed."""
    name, how = POINTS[point]
    connection.close()
    child = os.fork()
    if child == 0:
        module, _, name = f"actions.{name}".rpartition(".")
        owner = MODULES[module.removeprefix("actions.")]
        with patch.object(owner, name, how(getattr(owner, name))):
            if is_planted:
                patch.object(actions, "transaction", NO_TRANSACTIONS).start()
            activate()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def end_state() -> dict[str, Any]:
    """Everything that devices and people would see."""
    return {
        "emergencies": list(map(str, Emergency.objects.values_list("pk", "number", "state", "activated_by"))),
        "stores": list(
            map(str, EmergencyStore.objects.order_by("store__number").values_list("store__number", "choice", "state"))
        ),
        "orders": list(map(str, Order.objects.values_list("kind", "version", "store", "emergency"))),
        "told": LiveEvent.objects.filter(topic="order").count(),
        "frozen": Freeze.objects.count(),
        "approvals": list(Approval.objects.values_list("state", flat=True)),
    }


def main(*, is_planted: bool) -> dict[str, Any]:
    database, whole = Path(settings.DATABASES["default"]["NAME"]), Path(settings.BUTIK_DATA) / "whole.sqlite3"
    database.parent.mkdir(parents=True, exist_ok=True)
    prepare()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(database, whole)
    said: dict[str, Any] = {}
    for point in ("", *POINTS):
        connection.close()
        for each in (database, *database.parent.glob(f"{database.name}-*")):
            each.unlink(missing_ok=True)
        shutil.copy(whole, database)
        was_killed = die_at(point, is_planted=is_planted) if point else None
        half = end_state()
        activate()
        said[point] = {"killed": was_killed, "half": half, "end": end_state()}
    return said


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(is_planted="plant" in sys.argv)) + "\n")
