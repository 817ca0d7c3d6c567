"""Signing in to pages: people are invited, nobody signs up, and a person is found by her own address alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from butik.lib.clock import now
from butik.organisation.guesses import address_of
from butik.staff.known_devices import known_device, remember_device
from butik.staff.models import Person
from butik.staff.trail import note_failure
from butik.staff.tries import TooManyTries, counters, give_back, take_try

# Judging a password is slow on purpose, and pages have few threads: strangers get one of them. They do not wait for it
# either, because whoever waits holds a thread as well.
_FOR_STRANGERS = BoundedSemaphore(1)
BUSY = "busy"


class Tried:
    """Whether a try was right is said by whoever judges it."""

    right = False


@contextmanager
def counted_try(request: HttpRequest, account: str, purpose: str) -> Iterator[Tried]:
    """Count a try before it is judged, and give it back when it was right. Too many are refused in words."""
    person = Person.objects.filter(email=account).first()
    asked = counters(purpose=purpose, account=account, block=address_of(request), device=known_device(request, person))
    at = now()
    try:
        take_try(asked, at)
    except TooManyTries as refusal:
        raise ValidationError(waiting_words(refusal.wait)) from refusal
    tried = Tried()
    try:
        yield tried
    finally:
        if tried.right:
            give_back(asked)
        elif person is not None:
            note_failure(person, means=purpose, at=at)


@contextmanager
def strangers_place(request: HttpRequest, account: str) -> Iterator[None]:
    """One stranger at a time; who is signed in, or comes from a device that knows her, is none."""
    if request.user.is_authenticated or known_device(request, Person.objects.filter(email=account).first()):
        yield
        return
    if not _FOR_STRANGERS.acquire(blocking=False):
        raise ValidationError(_("Many are signing in right now. Try again in a moment."), code=BUSY)
    try:
        yield
    finally:
        _FOR_STRANGERS.release()


def waiting_words(wait: timedelta) -> str:
    minutes = -(-wait // timedelta(minutes=1))
    return ngettext(
        "Too many wrong tries. Wait a minute, or use a passkey or a device that you signed in on before.",
        "Too many wrong tries. Wait %(count)d minutes, or use a passkey or a device that you signed in on before.",
        minutes,
    ) % {"count": minutes}


class PeopleAreInvited(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted by `authenticate`: allauth's own counters live in a cache that others' traffic empties."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        account = credentials.get("email") or ""
        with strangers_place(request, account), counted_try(request, account, "password") as tried:
            person = super().authenticate(request, **credentials)
            tried.right = person is not None
        return person

    def reauthenticate(self, user: Person, password: str) -> bool:
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def post_login(self, request: HttpRequest, user: Person, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        remember_device(request, response, user)
        return response


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]
    def _authenticate_by_email(self, email: str, password: str) -> Any:
        """Not by the addresses that allauth keeps beside: they would be a second way to be somebody."""
        return self._check_password(Person.objects.filter(email=email).first(), password)
