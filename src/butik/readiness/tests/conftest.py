"""A chain that is paired, and what its stores tell."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.support.cast import Cast

from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode
from butik.organisation.models import Store
from butik.organisation.pairing import pair_chain
from butik.organisation.tenancy import tenant_scope
from butik.readiness.actions import take_backup
from butik.readiness.models import BackupReport


class Cloud:
    """An emergency cloud as far as a chain knows it: a root that signs proofs."""

    def __init__(self) -> None:
        self.key = SigningKey.generate()

    def pair(self, cast: Cast) -> None:
        chain = cast.shop.chain
        offer = {"chain": str(chain.id), "url": "https://emergency.example", "key": encode(self.key.public)}
        body = msgspec.json.encode(offer | {"recipient": "age1" + "q" * 58})
        pair_chain(chain=chain, offer=body, actor="system", now=now())

    def prove(self, of: Store, which: UUID, at: datetime, **changes: Any) -> str:
        said = {
            "v": 1, "org": of.organisation_id, "chain": of.chain_id, "store": of.pk, "backup": which,
            "sha256": "0" * 64, "received_at": to_wire(at), "proven_at": to_wire(at),
            "articles": 2031, "look_ups": 50, "baskets": 10, "price_file": "0" * 64,
        }  # fmt: skip
        return self.key.sign("butik-proven", msgspec.json.encode(said | changes))


@pytest.fixture
def cloud(cast: Cast) -> Cloud:
    cloud = Cloud()
    cloud.pair(cast)
    return cloud


def tell(store: Store, state: str, *, hours: float = 0, backup: UUID | None = None, **said: Any) -> BackupReport:
    """The store reports a backup that it made so many hours ago."""
    body = {"id": backup or new_id(), "state": state, "made_at": to_wire(now() - timedelta(hours=hours)), "size": 1000}
    with tenant_scope([store.organisation_id]):
        return take_backup(store=store, body=msgspec.json.encode(body | said), now=now())


def tell_proven(cloud: Cloud, store: Store, *, hours: float = 0) -> BackupReport:
    backup, at = new_id(), now() - timedelta(hours=hours)
    return tell(store, "PROVEN", hours=hours, backup=backup, proof=cloud.prove(store, backup, at))
