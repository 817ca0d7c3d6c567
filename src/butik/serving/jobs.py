"""What a worker does: the one table. A job does what there is to do and returns; with nothing to do it writes nothing.

Each is called with the organisations of this service, and works in the scope of each by itself (`tenant_scope`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from uuid import UUID

from django.apps import apps

ANY = frozenset({"*"})  # whatever the topic

Work = Callable[[Sequence[UUID]], object]


@dataclass(frozen=True, slots=True)
class Job:
    """`every` so many seconds, and as soon as an event of one of the topics `wakes` is announced."""

    name: str
    app: str  # a role that lacks the app lacks the job
    work: str  # module and function
    every: float
    wakes: frozenset[str] = frozenset()

    def load(self) -> Work:
        module, _, function = self.work.rpartition(".")
        loaded: Any = getattr(import_module(module), function)
        return loaded  # type: ignore[no-any-return]


JOBS = (
    Job("mails about accounts", "staff", "butik.staff.account_mails.send_mails", every=2),
    Job("article imports", "articles", "butik.articles.work.work_imports", every=5, wakes=frozenset({"import"})),
    Job("price files", "pricing", "butik.pricing.work.work_price_files", every=60, wakes=frozenset({"prices"})),
    Job("sending to the chain", "sync", "butik.sync.work.send", every=1, wakes=ANY),
    Job("reading from the chain", "sync", "butik.sync.work.read", every=1),
    Job("records kept out", "sales", "butik.sales.kept_out.retry_kept_out", every=300),
    Job("items put aside", "sync", "butik.sync.aside.retry_aside", every=60),
    Job("deadlines of backups", "readiness", "butik.readiness.work.watch_backups", every=60),
    Job("emergencies", "emergency", "butik.emergency.work.work_emergencies", every=30, wakes=frozenset({"emergency"})),
    Job("activations", "emergency", "butik.emergency.work.carry_out", every=1),
    Job("backups", "backups", "butik.backups.work.work_backups", every=30, wakes=frozenset({"backups"})),
    Job("revocations", "backups", "butik.backups.revoking.work_revocations", every=5, wakes=frozenset({"revoked"})),
    Job("recoveries", "recovery", "butik.recovery.work.work_recoveries", every=2, wakes=frozenset({"recovery"})),
    Job("proving backups", "vault", "butik.vault.work.prove_backups", every=30, wakes=frozenset({"vault"})),
    Job("keeping the vault", "vault", "butik.vault.work.keep_vault", every=300),
    Job("sweep of live events", "live", "butik.serving.upkeep.sweep_live", every=600),
    Job("database upkeep", "lib", "butik.serving.upkeep.keep_database", every=300),
    Job("a look through the database", "lib", "butik.lib.integrity.watch_integrity", every=600),
    Job("disk space", "lib", "butik.serving.upkeep.watch_disk", every=60),
)


def jobs_here() -> list[Job]:
    return [job for job in JOBS if job.app == "lib" or apps.is_installed(f"butik.{job.app}")]
