"""The band across every page of this service while an emergency is active."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q
from django.urls import reverse

from butik.emergency.models import Emergency, EmergencyStore
from butik.organisation.installation import this_installation
from butik.staff.models import Person


@dataclass(frozen=True, slots=True)
class Band:
    chain: str
    number: int
    since: datetime
    open_stores: int  # not recovered yet
    stores: int
    address: str
    key: UUID  # the chain's
    fragment: str  # where the band itself is looked at again


def bands(person: Person) -> list[Band]:
    """Of the emergencies that this person may see; none in a service that is no emergency cloud."""
    if this_installation().role != "emergency":
        return []
    recovered = Count("stores", filter=Q(stores__state=EmergencyStore.State.RECOVERED))
    active = Emergency.objects.active().visible_to(person).select_related("chain")
    return [
        Band(
            chain=each.chain.name,
            number=each.number,
            since=each.activated_at,
            open_stores=each.store_count - each.recovered_count,
            stores=each.store_count,
            address=reverse("emergency:chain", args=[each.chain_id]),
            key=each.chain_id,
            fragment=reverse("emergency:band", args=[each.chain_id]),
        )
        for each in active.annotate(store_count=Count("stores"), recovered_count=recovered).order_by("activated_at")
    ]
