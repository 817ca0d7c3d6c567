"""A password alone opens no page: whoever has no second factor is led to setting one up, and shown nothing before.

One mechanism for every service. What a second factor is made of is encrypted by a key beside the database, so a stolen
copy of the database is a password's worth at most.
"""

from collections.abc import Callable
from pathlib import Path

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from butik.organisation.secret_files import keep_secret, secrets_folder
from butik.staff.models import Person

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
OPEN = ("/accounts/", "/language/", "/static/", "/health", "/api/")
ENCRYPTED = ("secret", "seed")  # what an authenticator keeps that must not be read


class SecondFactorMiddleware:
    """After authentication; `allauth` itself asks for the factor of whoever has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        leads = reverse("second_factor")
        is_open = request.path == leads or request.path.startswith(OPEN)
        if is_open or not isinstance(request.user, Person) or not lacks_second_factor(request.user):
            return self.get_response(request)
        return redirect(leads)


def lacks_second_factor(person: Person) -> bool:
    """Whether she must set one up before she sees anything."""
    return settings.SECOND_FACTOR_NEEDED and not has_second_factor(person)


def has_second_factor(person: Person) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


@require_safe
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Leads a member who has none to setting it up, and on when that is done."""
    if isinstance(request.user, Person) and has_second_factor(request.user):
        return redirect("home")
    return render(request, "staff/second_factor.html")


class EncryptedSecrets(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypted by the newest key; what an older one has encrypted is read too."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def renew_key() -> int:
    """A new key, and everything encrypted anew by it. The old ones stay for backups. Return how many were renewed."""
    number = len(_key_files()) + 1
    keep_secret(secrets_folder() / f"second-factor-{number}.key", _make_key)
    keys, kept = _keys(), list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN))
    for each in kept:
        each.data |= {name: keys.rotate(each.data[name].encode()).decode() for name in ENCRYPTED if name in each.data}
        each.save(update_fields=["data"])
    return len(kept)


def _keys() -> MultiFernet:
    files = _key_files() or [secrets_folder() / "second-factor-1.key"]
    return MultiFernet([Fernet(keep_secret(path, _make_key)) for path in reversed(files)])


def _key_files() -> list[Path]:
    return sorted(secrets_folder().glob("second-factor-*.key"), key=lambda path: int(path.stem.rpartition("-")[2]))


def _make_key() -> str:
    return Fernet.generate_key().decode()
