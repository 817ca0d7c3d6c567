"""Wrong codes and keys, counted in the database: for each door by itself, and for each caller at it.

All processes of a service share the count. Whoever guesses is refused, and nobody else: the right code of another
caller is never refused because of it.
"""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from django.db import transaction
from django.http import HttpRequest

from butik.lib.problems import Problem
from butik.organisation.models import WrongGuess

MOST = 10
WITHIN = timedelta(minutes=1)
NETWORK = 64  # bits: whoever has one IPv6 address has all of its network


def allow_guess(*, door: str, caller: str, now: datetime) -> None:
    """Raise Problem `too-many` for a caller with ten wrong guesses in the last minute at this door. Writes nothing."""
    if WrongGuess.objects.filter(door=door, caller=caller, at__range=_lately(now)).count() >= MOST:
        raise Problem("too-many", 429, "Too many wrong codes. Wait a minute.")


def note_wrong_guess(*, door: str, caller: str, now: datetime) -> None:
    """Count it. Outside the transaction that failed for it; what is older than the minute goes at the same time."""
    with transaction.atomic():
        WrongGuess.objects.filter(door=door).exclude(at__range=_lately(now)).delete()
        WrongGuess.objects.create(door=door, caller=caller, at=now)


def _lately(now: datetime) -> tuple[datetime, datetime]:
    """What is noted far after now was noted before our clock was put back: nobody waits until it gets there again."""
    return now - WITHIN, now + WITHIN


def address_of(request: HttpRequest) -> str:
    """Where a caller is: his address, or the network of an IPv6 one. Our front door adds it last; a socket has none."""
    said = request.META.get("REMOTE_ADDR", "") or request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2]
    try:
        address = ip_address(said.strip())
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    spare = 128 - NETWORK
    return str(address.ipv4_mapped or IPv6Address(int(address) >> spare << spare))
