"""What a person does with her account leaves a line in the audit log, wherever she has a level."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.signals import password_changed, user_logged_in
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_out
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from butik.lib.clock import now
from butik.organisation.tenancy import tenant_scope
from butik.staff.account_mails import queue_mail
from butik.staff.models import AccountMail, Membership, Person
from butik.staff.people import record_of_person
from butik.staff.tries import Rule, TooManyTries, single_counter, take_try

STRANGER = "unknown"  # who was wrong is not known
NOTED = Rule(10, timedelta(minutes=10))  # lines of failures: strangers must not fill a log that nothing is deleted from


def note(action: str, person: Person, *, at: datetime, actor: str = "", **data: Any) -> None:
    with tenant_scope([], person=person.pk):
        memberships = list(Membership.objects.filter(person=person))
    with tenant_scope({each.organisation_id for each in memberships}, person=person.pk):
        record_of_person(action, person, memberships, actor=actor or person.actor, at=at, **data)


def note_failure(person: Person, *, means: str, at: datetime) -> None:
    """`means`: what was wrong, a password or a code. After ten lines only one every ten minutes."""
    try:
        take_try(single_counter(NOTED, "noted", person.pk.hex), at)
    except TooManyTries:
        return
    note("staff.person.sign_in_failed", person, at=at, actor=STRANGER, means=means)


@receiver(user_logged_in)
def _signed_in(user: Person, **_: Any) -> None:
    note("staff.person.signed_in", user, at=now())


@receiver(user_logged_out)
def _signed_out(user: Any, **_: Any) -> None:
    if isinstance(user, Person):
        note("staff.person.signed_out", user, at=now())


@receiver(password_changed)
def _password_changed(user: Person, **_: Any) -> None:
    note("staff.person.password_changed", user, at=now())
    queue_mail(user.email, AccountMail.Kind.PASSWORD_CHANGED, language=user.language, now=now())


@receiver(post_save, sender=Authenticator)
def _factor_kept(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        _second_factor_changed(instance, "added")


@receiver(post_delete, sender=Authenticator)
def _factor_gone(instance: Authenticator, **_: Any) -> None:
    _second_factor_changed(instance, "removed")


def _second_factor_changed(factor: Authenticator, change: str) -> None:
    """Her sessions end, but for the one in which she does it: they were begun by other means."""
    Person.objects.filter(pk=factor.user_id).update(second_factor_version=F("second_factor_version") + 1)
    person = Person.objects.filter(pk=factor.user_id).first()
    if person is None:
        return
    request = context.request
    by_herself = request is not None and request.user == person
    if by_herself:
        update_session_auth_hash(request, person)
    note(
        "staff.person.second_factor_changed",
        person,
        at=now(),
        actor=person.actor if by_herself else "system",
        change=change,
        kind=str(factor.type),
    )
    queue_mail(person.email, AccountMail.Kind.SECOND_FACTOR_CHANGED, language=person.language, now=now())
