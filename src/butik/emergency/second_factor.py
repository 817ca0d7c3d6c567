"""The activation site shows nothing to whoever has no second factor: first it is set up (truth: its own sign-in)."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from butik.staff.models import Person

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
OPEN = ("/accounts/", "/language/", "/static/", "/health", "/api/")


class SecondFactorMiddleware:
    """After authentication; `allauth` itself asks for the factor of whoever has one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        leads = reverse("emergency:second_factor")
        is_open = request.path == leads or request.path.startswith(OPEN)
        if is_open or not isinstance(request.user, Person) or has_second_factor(request.user):
            return self.get_response(request)
        return redirect(leads)


def has_second_factor(person: Person) -> bool:
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


@require_safe
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Leads a member who has none to setting it up, and on when that is done."""
    if isinstance(request.user, Person) and has_second_factor(request.user):
        return redirect("emergency:board")
    return render(request, "emergency/second_factor.html")
