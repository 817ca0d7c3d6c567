"""What a store says of its newest backup."""

from datetime import timedelta

import pytest
from tests.support.till import Shop

from butik.backups.models import Backup
from butik.lib.clock import to_wire
from butik.organisation.tenancy import tenant_scope
from butik.sync.status import newest_backup
from butik.sync.tests.conftest import now

pytestmark = pytest.mark.django_db


def test_it_names_the_newest_that_was_made(shop: Shop) -> None:
    at = now()
    rows = [("PROVEN", at - timedelta(days=1)), ("UPLOADED", at), ("WAITING", None)]
    with tenant_scope([shop.store.organisation_id]):
        assert newest_backup(shop.store) is None
        where = {"organisation_id": shop.store.organisation_id, "chain_id": shop.store.chain_id, "store": shop.store}
        asked = {"occasion": "ON_DEMAND", "day": at.date(), "asked_at": at, "asked_by": "system"}
        ids = [Backup.objects.create(**where, **asked, state=state, made_at=made).pk for state, made in rows]
        said = newest_backup(shop.store)
    assert said == {"id": str(ids[1]), "state": "UPLOADED", "made_at": to_wire(at)}
