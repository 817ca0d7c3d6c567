"""The application's own lock: which rows a person's memberships reach."""

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from butik.lib.tenant import TenantQuerySet
from butik.organisation.models import Store

if TYPE_CHECKING:
    from butik.staff.models import Membership, Person

Rows = TypeVar("Rows", bound=TenantQuerySet)


def restrict(rows: Rows, person: "Person") -> Rows:
    """Keep the rows inside at least one of the person's memberships; nobody without one sees anything."""
    allowed = Q(pk__in=[])
    for membership in person.memberships.all():
        allowed |= _reach(rows.model, membership)
    return rows.filter(allowed)


def _reach(model: type[models.Model], membership: "Membership") -> Q:
    organisation, chain, store = membership.organisation_id, membership.chain_id, membership.store_id
    name = model._meta.model_name
    if name == "organisation":
        return Q(pk=organisation)
    within = Q(organisation_id=organisation)
    # Columns, not fields: the journal bears bare ids where other rows have foreign keys.
    columns = {field.attname for field in model._meta.concrete_fields}
    if store is not None:
        return within & _reach_of_store(name, columns, chain, store)
    if chain is not None:
        return within & _reach_of_chain(name, columns, chain)
    return within


def _reach_of_chain(name: str | None, columns: set[str], chain: UUID) -> Q:
    if name == "chain":
        return Q(pk=chain)
    if "chain_id" in columns:
        return Q(chain_id=chain)
    if "store_id" in columns:
        return Q(store_id__in=Store.objects.filter(chain_id=chain).values("pk"))
    return _shared_with_all(name)


def _reach_of_store(name: str | None, columns: set[str], chain: UUID | None, store: UUID) -> Q:
    """A store's people see its own rows, and those of their chain that are no store's (articles, the chain itself)."""
    if name == "store":
        return Q(pk=store)
    if name == "chain":
        return Q(pk=chain)
    if "store_id" in columns:
        shared = Q(store_id__isnull=True, chain_id=chain) if "chain_id" in columns else Q(pk__in=[])
        return Q(store_id=store) | shared
    if "chain_id" in columns:
        return Q(chain_id=chain)
    return _shared_with_all(name)


def _shared_with_all(name: str | None) -> Q:
    """Companies are the organisation's; whatever else has no chain and no store is reached through what it hangs on."""
    return Q() if name == "company" else Q(pk__in=[])
