"""The way home leaves its lines: who had the key, what came down, what was compared, when normal selling began."""

from tests.support.acts import told, told_each

from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.recovery.tests.conftest import Home
from butik.recovery.tests.test_rebuild import Gone, gone, rebuild
from butik.sales.models import Sale

__all__ = ["gone"]


def test_the_way_home(home: Home) -> None:
    till, store = home.device(), home.shop.store
    home.sell(till, 3)
    recovery = home.claim()
    told("recovery.store.claimed", store, by="person:1", about=recovery.pk, emergency=1)
    recovery = home.release(home.fetch(recovery))
    told("recovery.devices.stopped", store, by="person:1", about=recovery.pk)
    home.fake.close(till)
    recovery = home.fetch(recovery)
    counts = {"known": 0, "quarantined": 0}
    told_each(
        "recovery.records.taken",
        ("system", store, {"position": 4, "booked": 4, **counts}),
        ("system", store, {"position": 5, "booked": 1, **counts}),
        about=recovery.pk,
    )
    recovery = home.compare(recovery)
    told("recovery.totals.compared", store, by="system", about=recovery.pk, differences=0, state="AGREED")
    recovery = home.mark(recovery)
    told("recovery.store.recovered", store, by="person:1", about=recovery.pk, sales=3)
    assert (recovery.state, recovery.recovered_by, home.fake.state) == ("RECOVERED", "person:1", "RECOVERED")
    with tenant_scope([store.organisation_id]):
        assert Sale.objects.filter(store_id=store.pk).count() == 3


def test_a_store_is_rebuilt(gone: Gone) -> None:
    rebuild(gone)
    with tenant_scope([gone.fake.org]):
        store = Store.objects.get()
    told("recovery.store.rebuilt", store, by="system", about=store.pk, made_at=gone.made_at)
    assert this_installation().store_id == store.pk == gone.fake.store
