"""Addresses of a service: what its role has, and what every service has."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import include, path, re_path
from django.views.i18n import set_language

from butik.health import health
from butik.refusals import nothing_here
from butik.staff.second_factor import second_factor


def home(request: HttpRequest) -> HttpResponseBase:
    return redirect(settings.ROLE.home)


urlpatterns = [
    path("", home, name="home"),
    path("health", health, name="health"),
    path("language/", set_language, name="set_language"),
    path("second-factor/", second_factor, name="second_factor"),
    path("accounts/", include("butik.staff.account_urls")),
    path("errors/", include("butik.error_log.urls")),
    path("audit-log/", include("butik.audit_log.urls")),
    *(path(prefix, include(f"butik.{app}.urls")) for prefix, app in settings.ROLE.urls),
    re_path(r"^api/", nothing_here),  # another role's calls, say: machines are answered as machines
]
handler400 = "butik.refusals.bad_request"
handler403 = "butik.refusals.not_allowed"
handler404 = "butik.refusals.nothing_here"
handler500 = "butik.refusals.failed"
