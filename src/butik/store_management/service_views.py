"""At the chain: the code by which a store's service joins, a new one or one that was rebuilt."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from butik.lib.clock import now
from butik.lib.signing import key_id
from butik.organisation.actions import CODE_LIFE, issue_code
from butik.organisation.keys import root_public_key
from butik.staff.guards import holds
from butik.staff.rights import Right
from butik.store_management.gate import StoreRequest, store_page


def lets_stores_join() -> bool:
    return apps.is_installed("butik.portal")


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.ORGANISATION_STORE_VIEW)
def service_code(request: StoreRequest) -> HttpResponse:
    """Say what a new service changes; show the code, this once, when it is asked for."""
    if not lets_stores_join():
        raise Http404
    store = request.store
    if not holds(request.user, Right.ORGANISATION_STORE_ENROL, store):
        raise PermissionDenied
    context = {
        "has_service": bool(store.key),
        "url": settings.BUTIK_URL,
        "root": key_id(root_public_key(store.chain)),
        "minutes": int(CODE_LIFE.total_seconds() // 60),
    }
    if request.method == "POST":
        context["plain"] = issue_code(store=store, actor=request.user.actor, now=now())
    response = render(request, "store_management/service_code.html", context)
    response["Cache-Control"] = "no-store"
    return response
