"""The application's own lock: which rows a person's memberships reach."""

from typing import TYPE_CHECKING, TypeVar

from django.db import models
from django.db.models import Q

from butik.lib.tenant import TenantQuerySet

if TYPE_CHECKING:
    from butik.staff.models import Person

Rows = TypeVar("Rows", bound=TenantQuerySet)


def restrict(rows: Rows, person: "Person") -> Rows:
    """Keep the rows inside at least one of the person's memberships; nobody without one sees anything."""
    names = {field.name for field in rows.model._meta.get_fields() if isinstance(field, models.Field)}
    allowed = Q(pk__in=[])
    for membership in person.memberships.all():
        allowed |= _reach(rows.model._meta.model_name or "", names, membership)
    return rows.filter(allowed)


def _reach(model: str, names: set[str], membership: models.Model) -> Q:
    organisation, chain, store = (
        getattr(membership, "organisation_id"),  # noqa: B009
        getattr(membership, "chain_id"),  # noqa: B009
        getattr(membership, "store_id"),  # noqa: B009
    )
    if model == "organisation":
        return Q(pk=organisation)
    within = Q(organisation_id=organisation)
    if store is not None:
        if model == "store":
            return within & Q(pk=store)
        if "store" in names:
            return within & (Q(store_id=store) | _shared_in(names, chain))
        return within & _shared_in(names, chain, model)
    if chain is not None:
        return within & (Q(pk=chain) if model == "chain" else Q(chain_id=chain) if "chain" in names else Q())
    return within


def _shared_in(names: set[str], chain: object, model: str = "") -> Q:
    """What a store's people see of their chain: rows of no store in particular (articles, prices, the chain itself)."""
    if model == "chain":
        return Q(pk=chain)
    if "chain" in names:
        return Q(chain_id=chain, store_id__isnull=True) if "store" in names else Q(chain_id=chain)
    return Q() if model == "company" else Q(pk__in=[])
