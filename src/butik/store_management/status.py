"""What a store says about itself: asked of its own tables at the store, of its last status at the chain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from butik.organisation.installation import this_installation
from butik.organisation.models import Chain, Device, Store
from butik.organisation.pairing import pairing_of
from butik.staff.models import Person
from butik.store_management.readings import latest_sale_of_each_pos
from butik.store_management.standing import PosStanding, Standing, is_up, read_standing, silent_since
from butik.sync.models import StoreStatus, Uplink
from butik.sync.status import unsent_items


@dataclass(frozen=True, slots=True)
class Leaving:
    """All tills of a paired chain fell silent together: they may have left for the emergency, or the line is cut.

    The chain cannot know which, for the emergency cloud never calls it: so it says where to look.
    """

    chain: Chain
    since: datetime
    url: str


def current_standing(person: Person, store: Store, now: datetime) -> Standing:
    latest_sales = latest_sale_of_each_pos(person, [store.pk])[store.pk]
    if is_this(store):
        return _own_standing(store, latest_sales, now)
    status = StoreStatus.objects.visible_to(person).filter(store=store).first()
    standing = read_standing(
        contact_at=status.contact_at if status else None,
        figures=status.figures if status else {},
        latest_sales=latest_sales,
    )
    has_left = not standing.sells(now) and bool(chains_that_may_have_left([store.chain], now))
    return replace(standing, may_have_left=has_left)


def chains_that_may_have_left(chains: Iterable[Chain], now: datetime) -> list[Leaving]:
    """Asked of all stores of a chain, whoever looks: a store alone falls silent with its only till."""
    found = []
    for chain in chains:
        pairing = pairing_of(chain)
        if pairing is None:
            continue
        statuses = StoreStatus.objects.filter(organisation_id=chain.organisation_id, chain_id=chain.pk)
        since = silent_since(
            [
                read_standing(contact_at=contact_at, figures=figures, latest_sales={})
                for contact_at, figures in statuses.values_list("contact_at", "figures")
            ],
            now,
        )
        if since is not None:
            found.append(Leaving(chain, since, pairing.url))
    return found


def is_this(store: Store) -> bool:
    """Whether this very service is the store's."""
    return this_installation().store_id == store.pk


def _own_standing(store: Store, latest_sales: dict[int, datetime], now: datetime) -> Standing:
    seen: dict[int, datetime | None] = {}
    devices = Device.objects.filter(organisation_id=store.organisation_id, store=store, state=Device.State.ACTIVE)
    for number, at in devices.values_list("pos__number", "last_seen_at"):
        known = seen.get(number)
        seen[number] = max(at, known) if at and known else at or known
    poss = tuple(
        PosStanding(number, is_up(at, now), latest_sales.get(number), at) for number, at in sorted(seen.items())
    )
    return Standing(contact_at=now, poss=poss, unsent=_unsent(store))


def _unsent(store: Store) -> int | None:
    """None for a store that stands alone: it has nobody to send to."""
    return unsent_items(store, Uplink.objects.first() or Uplink()) if this_installation().chain_url else None
