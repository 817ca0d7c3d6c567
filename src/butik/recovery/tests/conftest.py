"""A store that was rebuilt, and the emergency cloud that its devices sold at meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from tests.support.till import Shop, Till, open_shop

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.installation import forget_installation
from butik.organisation.keys import chain_root
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.recovery import actions
from butik.recovery.cloud import Cloud, cloud_of
from butik.recovery.models import Recovery
from butik.recovery.tests.fake_cloud import KEY, FakeCloud, cloud_of_shop, running_cloud


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Home:
    """The store, the line to its cloud, and the cloud."""

    shop: Shop
    fake: FakeCloud
    cloud: Cloud

    def device(self, label: str = "E1") -> Till:
        """One that sells in the emergency; the store has never heard of it."""
        return self.fake.assign(SigningKey.generate(), new_id(), self.shop.pos.number, label)

    def sell(self, till: Till, count: int = 3) -> list[str]:
        documents = [
            *([till.opening(reason="EMERGENCY")] if not till.prev else []),
            *(till.sale() for _ in range(count)),
        ]
        self.fake.receive(*documents)
        return documents

    def reload(self, recovery: Recovery) -> None:
        with tenant_scope([self.shop.store.organisation_id]):
            recovery.refresh_from_db()

    def claim(self, key: str = KEY) -> Recovery:
        return actions.claim(store=self.shop.store, key=key, cloud=self.cloud, actor="person:1", now=now())

    def fetch(self, recovery: Recovery) -> Recovery:
        return actions.fetch(recovery=recovery, store=self.shop.store, cloud=self.cloud)

    def release(self, recovery: Recovery) -> Recovery:
        return actions.release(recovery=recovery, cloud=self.cloud, actor="person:1", now=now())

    def compare(self, recovery: Recovery) -> Recovery:
        return actions.compare(recovery=recovery, store=self.shop.store, cloud=self.cloud, now=now())

    def mark(self, recovery: Recovery) -> Recovery:
        return actions.mark_recovered(
            recovery=recovery, store=self.shop.store, cloud=self.cloud, actor="person:1", now=now()
        )

    def all_the_way(self) -> Recovery:
        return self.mark(self.compare(self.fetch(self.release(self.fetch(self.claim())))))


@pytest.fixture(autouse=True)
def _fresh_installation() -> Iterator[None]:
    forget_installation()
    yield
    forget_installation()


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop(now=now())


@pytest.fixture
def home(shop: Shop) -> Iterator[Home]:
    with running_cloud(cloud_of_shop(shop)) as fake:
        pair(shop, fake)
        cloud = cloud_of(shop.store)
        yield Home(shop, fake, cloud)
        cloud.close()


def pair(shop: Shop, fake: FakeCloud) -> None:
    document = fake.pairing(chain_root(shop.chain.id))
    with tenant_scope([shop.store.organisation_id]):
        Chain.objects.filter(pk=shop.chain.pk).update(emergency=document)
    shop.chain.emergency = shop.store.chain.emergency = document
