"""A store without a chain's service: it has a root of its own, and everything else as other stores have it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from butik.organisation.actions import add_pos, found_chain, found_organisation, open_store
from butik.organisation.installation import install_store, this_installation
from butik.organisation.keys import issue_certificate, service_key
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.sync.joining import CannotJoin


@dataclass(frozen=True, slots=True)
class Founding:
    name: str
    company: str
    vat_number: str
    address: str = ""
    poss: int = 1


def found_store(founding: Founding, *, actor: str, now: datetime) -> Store:
    """Make this service a store that stands alone, with its POSs. Its chain has this one store."""
    if this_installation().store_id:
        raise CannotJoin("This service is a store's already.")
    company = found_organisation(
        name=founding.name, company=founding.company, vat_number=founding.vat_number, actor=actor, now=now
    )
    chain = found_chain(company=company, number=1, name=founding.name, actor=actor, now=now)
    store = open_store(chain=chain, number=1, name=founding.name, address=founding.address, actor=actor, now=now)
    with tenant_scope([store.organisation_id]), transaction.atomic():
        store.key, store.key_version = service_key().public, 1
        store.save(update_fields=["key", "key_version"])
        certificate = issue_certificate(store=store, key=service_key().public, now=now)
        install_store(store=store, root_key=bytes(chain.root_key or b""), certificate=certificate)
    for number in range(1, founding.poss + 1):
        add_pos(store=store, number=number, name=f"POS {number}", actor=actor, now=now)
    return store
