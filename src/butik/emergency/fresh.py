"""The second factor, shown a moment ago: whoever switches a chain proves herself again, by password alone never."""

import time

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from butik.staff.guards import PersonRequest

ASKED_AGAIN = 300  # seconds; a page that is opened asks again after these
GOOD_FOR = 900  # of what is sent from a page: so long one may read it
KEY = Authenticator.Type.WEBAUTHN
FACTORS = (Authenticator.Type.TOTP, KEY)


def has_fresh_factor(request: PersonRequest, *, seconds: int = GOOD_FOR, types: tuple[str, ...] = FACTORS) -> bool:
    """Whether one of her own factors was shown in this session so lately, at sign-in or since."""
    owned = set(Authenticator.objects.filter(user=request.user, type__in=types).values_list("pk", flat=True))
    moment = time.time()
    return any(
        each.get("method") == "mfa" and each.get("id") in owned and 0 <= moment - each.get("at", 0) < seconds
        for each in get_authentication_records(request, request.user)
    )


def has_key(request: PersonRequest) -> bool:
    return bool(Authenticator.objects.filter(user=request.user, type=KEY).exists())


def ask_for_factor(request: PersonRequest, then: str) -> HttpResponseRedirect:
    """Off to showing it, and on to `then`."""
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': then})}")
