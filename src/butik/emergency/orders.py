"""Orders to devices: signed by the emergency root, counted for each chain, told to each store's devices."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import Max, Q

from butik.emergency.models import Emergency, Order
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.versions import next_version
from butik.live.actions import announce
from butik.organisation.keys import emergency_root
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope

TYPE = "butik-order"
VALID_FOR = timedelta(days=30)
RENEWED_BEFORE = timedelta(days=15)
UNATTENDED = "CLOSE"  # what unattended stores do; exit is always free


def issue_order(*, emergency: Emergency, kind: str, store: Store | None, now: datetime) -> Order:
    """Sign an order and tell the devices that it concerns. Call inside the transaction of the step that it is about.

    Asked again it is the same order: a step may be repeated.
    """
    # locked first: orders of a chain are counted one by one, and of two who issue the same one the second finds it
    chain = Chain.objects.select_for_update().get(pk=emergency.chain_id)
    known: Order | None = Order.objects.filter(
        organisation_id=emergency.organisation_id, emergency=emergency, kind=kind, store=store
    ).first()
    if known is not None:
        return known
    highest = Order.objects.filter(organisation_id=chain.organisation_id, chain=chain).aggregate(Max("version"))
    order = Order(
        id=new_id(),
        organisation_id=chain.organisation_id,
        chain=chain,
        store=store,
        emergency=emergency,
        kind=kind,
        version=next_version(highest["version__max"] or 0, now),
    )
    _sign(order, now)
    order.save(force_insert=True)
    tell_devices(order, now)
    return order


def tell_devices(order: Order, now: datetime) -> None:
    """One event for each store, since a device hears only what is its store's."""
    where = {"organisation_id": order.organisation_id, "chain_id": order.chain_id}
    stores = [order.store_id] if order.store_id else Store.objects.filter(**where).values_list("pk", flat=True)
    for store_id in stores:
        announce("order", **where, store_id=store_id, ref=order.pk, at=now)


def order_for(*, organisation_id: UUID, chain_id: UUID, store_id: UUID) -> Order | None:
    """The newest order that concerns the devices of a store."""
    found: Order | None = (
        _holding(organisation_id, chain_id).filter(Q(store_id=store_id) | Q(store=None)).order_by("-version").first()
    )
    return found


def renew_orders(*, organisation_id: UUID, now: datetime) -> int:
    """Sign again what holds and would expire; id and version stay. Return how many."""
    with tenant_scope([organisation_id]):
        ageing = list(_holding(organisation_id).filter(issued_at__lt=now - RENEWED_BEFORE))
    for order in ageing:
        with tenant_scope([organisation_id]), transaction.atomic():
            _sign(order, now)
            order.save(update_fields=["document", "issued_at", "expires_at"])
    return len(ageing)


def _holding(organisation_id: UUID, chain_id: UUID | None = None) -> Any:
    """An activation holds while its emergency does, and an order to a store until the next emergency's."""
    rows = Order.objects.filter(organisation_id=organisation_id).filter(
        Q(kind=Order.Kind.ACTIVATE, emergency__state=Emergency.State.ACTIVE) | Q(store__isnull=False)
    )
    return rows.filter(chain_id=chain_id) if chain_id else rows


def _sign(order: Order, now: datetime) -> None:
    emergency = order.emergency
    order.issued_at, order.expires_at = now, now + VALID_FOR
    payload = {
        "v": 1,
        "id": str(order.pk),
        "kind": order.kind,
        "org": str(order.organisation_id),
        "chain": str(order.chain_id),
        "store": str(order.store_id) if order.store_id else None,
        "emergency": {"id": str(emergency.pk), "number": emergency.number},
        "date": emergency.date.isoformat(),
        "unattended": UNATTENDED,
        "version": order.version,
        "issued_at": to_wire(now),
        "expires_at": to_wire(order.expires_at),
    }
    order.document = emergency_root(order.chain_id).sign(TYPE, msgspec.json.encode(payload))
