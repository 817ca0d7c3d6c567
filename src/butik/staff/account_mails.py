"""Mails about people's accounts: queued with what happened, sent by the worker, so that no page waits for a server.

A link that sets a password is made when its mail goes out and is kept nowhere: it is good once and for half an hour.
It begins with the service's own address as it is set, whatever host a request named.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language, override

from butik.lib.clock import now
from butik.staff.account_mail_texts import TEXTS
from butik.staff.models import AccountMail, Person

AT_ONCE = 200
CLAIMED_FOR = timedelta(minutes=5)  # a worker that was killed while sending is followed by the next
LONGEST_PAUSE = timedelta(minutes=10)
GIVEN_UP_AFTER = {AccountMail.Kind.RESET: timedelta(hours=1)}
OTHERS_GIVEN_UP_AFTER = timedelta(days=3)

log = logging.getLogger(__name__)


def queue_mail(address: str, kind: AccountMail.Kind, *, language: str = "", now: datetime) -> None:
    """In the transaction of what happened. What was not sent yet is asked for anew, not twice."""
    if not settings.SENDS_MAIL:
        return
    spoken = language or get_language() or settings.LANGUAGE_CODE
    mail = AccountMail(address=address, kind=kind, language=spoken, asked_at=now, due_at=now)
    AccountMail.objects.bulk_create(
        [mail],
        update_conflicts=True,
        unique_fields=["address", "kind"],
        update_fields=["language", "asked_at", "due_at", "tries"],
    )


def send_mails(organisations: Sequence[UUID]) -> None:
    """The worker's job. One that fails waits longer each time and stops none behind it."""
    if not settings.SENDS_MAIL:
        return
    for mail in list(AccountMail.objects.filter(due_at__lte=now()).order_by("due_at")[:AT_ONCE]):
        if _claim(mail) and _is_done(mail):
            AccountMail.objects.filter(pk=mail.pk, asked_at=mail.asked_at).delete()


def _claim(mail: AccountMail) -> bool:
    """Of two workers one. What is asked for meanwhile is due at once, whatever becomes of this one."""
    mine = AccountMail.objects.filter(pk=mail.pk, due_at=mail.due_at)
    return bool(mine.update(due_at=now() + CLAIMED_FOR, tries=F("tries") + 1))


def _is_done(mail: AccountMail) -> bool:
    if now() - mail.asked_at > GIVEN_UP_AFTER.get(AccountMail.Kind(mail.kind), OTHERS_GIVEN_UP_AFTER):
        log.warning("A mail about an account (%s) was not sent in time and is given up.", mail.kind)
        return True
    message = _write(mail)
    if message is None:
        return True
    try:
        with get_connection() as connection:  # closes it also where its TLS is not believed
            connection.send_messages([message])
    except (OSError, SMTPException, ValueError) as error:  # ValueError: an address that no mail can bear
        pause = min(LONGEST_PAUSE, timedelta(seconds=10) * 2 ** min(mail.tries, 10))
        AccountMail.objects.filter(pk=mail.pk, asked_at=mail.asked_at).update(due_at=now() + pause)
        # Not its text: servers repeat addresses in it, and what they were sent.
        log.warning("A mail about an account could not be sent and is tried again: %s.", _kind_of(error))
        return False
    return True


def _write(mail: AccountMail) -> EmailMessage | None:
    """None: nobody who signs in here has the address that somebody typed."""
    values = {"address": mail.address, "service": settings.BUTIK_URL, "link": ""}
    if mail.kind == AccountMail.Kind.RESET:
        person = Person.objects.filter(email=mail.address, is_active=True).first()
        if person is None:
            return None
        values["link"] = settings.BUTIK_URL + reset_path(person)
    with override(mail.language):
        subject, *paragraphs = (str(each) % values for each in TEXTS[AccountMail.Kind(mail.kind)])
    return EmailMessage(
        subject, "\n\n".join(paragraphs) + "\n", to=[mail.address], headers={"Auto-Submitted": "auto-generated"}
    )


def reset_path(person: Person) -> str:
    """Good until it is used, she signs in, her password or address changes, or half an hour has passed."""
    whose = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("account_choose_password", args=[whose, default_token_generator.make_token(person)])


def _kind_of(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ + (f" {code}" if code else "")
