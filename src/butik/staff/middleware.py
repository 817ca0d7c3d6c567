"""Each request of a person runs in that person's tenant scope."""

from collections.abc import Callable

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase

from butik.organisation.tenancy import narrow_scope
from butik.staff.models import Membership, Person


class PrivatePagesMiddleware:
    """What a person was shown is kept by no browser: on a shared computer the back button shows nothing of hers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES or settings.SESSION_COOKIE_NAME in response.cookies:
            response.headers["Cache-Control"] = "no-store"
        return response


class TenantScopeMiddleware:
    """On PostgreSQL: one transaction a request, narrowed to the organisations of the person's memberships.

    The set comes from the memberships themselves, not from `visible_to`: the two locks do not share a key.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if connection.vendor != "postgresql" or not isinstance(request.user, Person):
            return self.get_response(request)
        with transaction.atomic():
            narrow_scope([], person=request.user.pk)
            mine = Membership.objects.filter(person=request.user).values_list("organisation_id", flat=True)
            narrow_scope(list(mine), person=request.user.pk)
            return self.get_response(request)
