"""A store in the database, with two tills that it knows."""

import pytest
from tests.support.till import NOW, Shop, Till, open_shop

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.installation import forget_installation
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.sales.reading import Place
from butik.sales.signers import place_of


@pytest.fixture(autouse=True)
def _forget_the_installation() -> None:
    forget_installation()


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def place(shop: Shop) -> Place:
    return place_of(shop.store)


@pytest.fixture
def till(shop: Shop) -> Till:
    return stand(shop)


def stand(shop: Shop, label: str = "N1") -> Till:
    """Put a till into the shop, without the ways of the device API."""
    key = SigningKey.generate()
    till = Till(key, shop.store.organisation_id, shop.store.id, shop.pos.number, new_id(), new_id(), label)
    with tenant_scope([till.org]):
        Device.objects.create(
            id=till.device,
            organisation_id=till.org,
            chain=shop.chain,
            store=shop.store,
            pos=shop.pos,
            name="Tablet",
            key=key.public,
            kid=key.kid,
            enrolment="-",
            enrolled_at=NOW,
        )
    return till
