"""Whether a request's browser is one from which a person has signed in before."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from butik.staff.models import Person

KNOWN_FOR = timedelta(days=180)
MOST_PEOPLE = 8  # of one browser; the one who signed in longest ago makes room
_SALT = "butik.staff.known_device"


def known_device(request: HttpRequest, person: Person | None) -> str | None:
    """The name of this browser, if this person has signed in from it and has the same password still."""
    if person is None:
        return None
    for owner, device, seal in _read(request):
        if owner == person.pk.hex and constant_time_compare(seal, _seal(person, device)):
            return device
    return None


def remember_device(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    """After she has signed in, with her second factor where she has one."""
    others = [each for each in _read(request) if each[0] != person.pk.hex]
    device = known_device(request, person) or get_random_string(22)
    devices = [*others, (person.pk.hex, device, _seal(person, device))][-MOST_PEOPLE:]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(devices, salt=_SALT),
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> list[tuple[str, str, str]]:
    try:
        said = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return []
    return [(owner, device, seal) for owner, device, seal in said]


def _seal(person: Person, device: str) -> str:
    return salted_hmac(_SALT, f"{person.pk}|{device}|{person.password}", algorithm="sha256").hexdigest()[:32]
