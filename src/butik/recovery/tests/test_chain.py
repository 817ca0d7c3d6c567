"""The chain gets a recovered store's emergency sales, also of a device that it never heard of."""

from tests.support.till import Shop, Till

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey
from butik.organisation.models import Device
from butik.organisation.tenancy import tenant_scope
from butik.recovery.tests.conftest import pair
from butik.recovery.tests.fake_cloud import FakeCloud, cloud_of_shop
from butik.sales.models import QuarantinedRecord, Sale
from butik.sync.models import TakenItem
from butik.sync.tests.conftest import StoreCaller, become_chain


def chain_of(shop: Shop) -> tuple[FakeCloud, StoreCaller]:
    """This service is the shop's chain now, paired with an emergency cloud."""
    fake = cloud_of_shop(shop)
    fake.port = 9
    pair(shop, fake)
    become_chain(shop)
    return fake, StoreCaller(shop)


def a_device(fake: FakeCloud, shop: Shop) -> Till:
    return fake.assign(SigningKey.generate(), new_id(), shop.pos.number)


def counts(shop: Shop) -> tuple[int, int, int]:
    """Booked sales, quarantined records, items that were put aside."""
    own = {"organisation_id": shop.store.organisation_id}
    with tenant_scope([shop.store.organisation_id]):
        return (
            Sale.objects.filter(**own).count(),
            QuarantinedRecord.objects.filter(**own).count(),
            TakenItem.objects.filter(**own).exclude(trouble="").count(),
        )


def send(store: StoreCaller, fake: FakeCloud, till: Till) -> None:
    store.put("device", {"assignment": fake.assignments[-1]})
    for document in (till.opening(), till.sale(), till.sale()):
        store.put_record(document)
    store.push()


def test_a_device_by_its_assignment(shop: Shop) -> None:
    fake, store = chain_of(shop)
    till = a_device(fake, shop)
    send(store, fake, till)
    assert counts(shop) == (2, 0, 0)
    with tenant_scope([shop.store.organisation_id]):
        device = Device.objects.get(pk=till.device)
    assert (device.state, device.pos_id) == ("UNPAIRED", shop.pos.pk)


def test_what_another_root_says_is_put_aside(shop: Shop) -> None:
    """The planted fault: a stolen store cannot make the chain believe in a device of its own making."""
    fake, store = chain_of(shop)
    fake.root = SigningKey.generate()
    send(store, fake, a_device(fake, shop))
    assert counts(shop) == (0, 3, 1)


def test_a_device_that_the_chain_has_revoked_stays_so(shop: Shop) -> None:
    fake, store = chain_of(shop)
    till = a_device(fake, shop)
    with tenant_scope([shop.store.organisation_id]):
        Device.objects.create(
            id=till.device,
            organisation_id=shop.store.organisation_id,
            chain=shop.chain,
            store=shop.store,
            pos=shop.pos,
            name="Stolen",
            key=till.key.public,
            kid=till.key.kid,
            state="REVOKED",
            enrolled_at=till.now,
        )
    send(store, fake, till)
    assert counts(shop) == (0, 3, 0)
