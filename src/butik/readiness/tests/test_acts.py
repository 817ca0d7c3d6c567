"""What a store reports of its backups leaves a line at the chain, and is kept."""

from typing import Any

from tests.support.acts import told
from tests.support.cast import Cast

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.organisation.tenancy import tenant_scope
from butik.readiness.models import BackupReport
from butik.readiness.tests.conftest import Cloud, tell
from butik.readiness.tests.test_take_backup import hold


def test_every_step_of_a_backup(cast: Cast, cloud: Cloud) -> None:
    backup, at = new_id(), now()
    by = f"store:{cast.store.pk}"

    def reported(state: str, **said: Any) -> None:
        assert tell(cast.store, state, backup=backup, **said).state == state

    reported("MADE")
    told("readiness.backup.made", cast.store, by=by, about=backup)
    reported("FAILED", detail="The emergency cloud has no room.")
    told("readiness.backup.failed", cast.store, by=by, about=backup)
    reported("UPLOADED")
    told("readiness.backup.uploaded", cast.store, by=by, about=backup)
    reported("QUARANTINED", proof=hold(cloud, cast.store, backup))
    told("readiness.backup.quarantined", cast.store, by=by, about=backup)
    reported("SUPERSEDED")
    told("readiness.backup.superseded", cast.store, by=by, about=backup)
    reported("PROVEN", proof=cloud.prove(cast.store, backup, at))
    told("readiness.backup.proven", cast.store, by=by, about=backup)
    with tenant_scope([cast.organisation_id]):
        kept = BackupReport.objects.get(backup=backup)
    assert (kept.state, kept.store_id, kept.detail) == ("PROVEN", cast.store.pk, "")
