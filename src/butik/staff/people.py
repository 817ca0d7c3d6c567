"""People who sign in to pages: given access, changed in their level."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from butik.audit.actions import record
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Membership, Person


def give_access(
    *,
    email: str,
    name: str,
    password: str,
    level: str,
    organisation_id: UUID,
    chain: Chain | None,
    store: Store | None,
    actor: str,
    now: datetime,
) -> Person:
    """Make the person if she is new, and give her this level there; a level that she had there is replaced."""
    person = Person.objects.filter(email=email.lower()).first()
    if person is None:
        person = Person(email=email.lower(), name=name)
        person.set_password(password)  # slow on purpose: before the transaction
    with tenant_scope([organisation_id], person=person.pk), transaction.atomic():
        if person._state.adding:
            person.save(force_insert=True)
        membership, _ = Membership.objects.update_or_create(
            organisation_id=organisation_id, person=person, chain=chain, store=store, defaults={"level": level}
        )
        record(
            "staff.person.invited",
            organisation_id=organisation_id,
            chain_id=chain.pk if chain else None,
            store_id=store.pk if store else None,
            actor=actor,
            at=now,
            subject=person.pk,
            level=membership.level,
        )
    return person
