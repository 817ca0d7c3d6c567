"""What a store's worker does for prices. A store with a chain publishes when the sync has reached the chain's head."""

from collections.abc import Iterable
from uuid import UUID

from butik.changes.models import FeedHead
from butik.lib.clock import now
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.actions import publish_prices, renew_prices


def work_price_files(organisations: Iterable[UUID]) -> None:
    """Publish what a store that stands alone has changed; renew what would expire."""
    here = this_installation()
    if here.store_id is None:
        return  # a chain has no devices, and so no price files
    for organisation_id in organisations:
        with tenant_scope([organisation_id]):
            store = Store.objects.select_related("chain").filter(pk=here.store_id).first()
            head = FeedHead.objects.filter(chain=store.chain).first() if store else None
        if store is None:
            continue
        if here.chain_url:
            renew_prices(store=store, now=now())
        else:
            publish_prices(store=store, position=head.position if head else 0, now=now())
