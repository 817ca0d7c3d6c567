"""People who sign in to pages: given access, changed in their level, found at another address."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction

from butik.audit.actions import record
from butik.lib.texts import plain_text
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.staff.account_mails import queue_mail
from butik.staff.addresses import normal_address
from butik.staff.models import AccountMail, Membership, Person


class KnownPerson(Exception):
    """The address belongs to somebody already. Rights that are meant for one person must not reach another."""

    def __init__(self, person: Person) -> None:
        super().__init__(f"{person.email} is {person}")
        self.person = person


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
    is_known: bool = False,
) -> Person:
    """Make a person and give her this level there. `is_known`: somebody who has the address already gets it as well.

    A level that she had there is replaced. Without `is_known` a known address is refused (KnownPerson): who asks
    thinks of somebody new.
    """
    person = Person.objects.filter(email=email).first()
    if person is not None and not is_known:
        raise KnownPerson(person)
    if person is None:
        person = Person(email=normal_address(email), name=plain_text(name))
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


def change_address(*, person: Person, email: str, actor: str, now: datetime) -> None:
    """An administrator's act, never the person's own: rights are given to addresses. Ends her sessions."""
    with tenant_scope([], person=person.pk):
        memberships = list(Membership.objects.filter(person=person))
    with tenant_scope({each.organisation_id for each in memberships}, person=person.pk), transaction.atomic():
        taken = Person.objects.filter(email=email).exclude(pk=person.pk).first()
        if taken is not None:
            raise KnownPerson(taken)
        left = person.email
        person.email = normal_address(email)
        try:
            with transaction.atomic():
                person.save(update_fields=["email"])
        except IntegrityError as error:  # somebody else was faster
            raise KnownPerson(Person.objects.get(email=email)) from error
        record_of_person("staff.person.address_changed", person, memberships, actor=actor, at=now)
        queue_mail(left, AccountMail.Kind.ADDRESS_CHANGED, language=person.language, now=now)


def renew_access(*, person: Person, password: str, without_factor: bool, actor: str, now: datetime) -> None:
    """A new password (empty: the old one stays), the second factor taken away, or both. Ends her sessions.

    For whoever has the machine: nobody renews her own access without the means she has lost. The audit log has it.
    """
    if password:
        person.set_password(password)  # slow on purpose: before the transaction
    with tenant_scope([], person=person.pk):
        memberships = list(Membership.objects.filter(person=person))
    with tenant_scope({each.organisation_id for each in memberships}, person=person.pk), transaction.atomic():
        if password:
            person.save(update_fields=["password"])
            record_of_person("staff.person.password_changed", person, memberships, actor=actor, at=now)
            queue_mail(person.email, AccountMail.Kind.PASSWORD_CHANGED, language=person.language, now=now)
        if without_factor:
            for factor in Authenticator.objects.filter(user=person):
                factor.delete()  # one by one: each leaves its line, and ends the sessions that it opened


def reset_password(*, person: Person, token: str, password: str, now: datetime) -> bool:
    """By the link of a mail, once: of two at the same time one is late. Ends her sessions, and signs nobody in."""
    person.set_password(password)  # slow on purpose: before the transaction
    with tenant_scope([], person=person.pk):
        memberships = list(Membership.objects.filter(person=person))
    with tenant_scope({each.organisation_id for each in memberships}, person=person.pk), transaction.atomic():
        stands = Person.objects.select_for_update().get(pk=person.pk)
        if not stands.is_active or not default_token_generator.check_token(stands, token):
            return False
        person.save(update_fields=["password"])
        record_of_person("staff.person.password_reset", person, memberships, actor=person.actor, at=now)
        queue_mail(stands.email, AccountMail.Kind.PASSWORD_CHANGED, language=person.language, now=now)
    return True


def record_of_person(
    action: str, person: Person, memberships: list[Membership], *, actor: str, at: datetime, **data: Any
) -> None:
    """A line wherever she has a level: whoever answers for that place sees it. Inside the scope of all of them."""
    places = {(each.organisation_id, each.chain_id, each.store_id) for each in memberships}
    for organisation_id, chain_id, store_id in sorted(places, key=str):
        record(
            action,
            organisation_id=organisation_id,
            chain_id=chain_id,
            store_id=store_id,
            actor=actor,
            at=at,
            subject=person.pk,
            **data,
        )
