"""The store's page of its recovery: six steps, each of which says what it waits for."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Store
from butik.organisation.pairing import pairing_of
from butik.recovery import actions
from butik.recovery.cloud import Cloud, CloudTrouble, cloud_of
from butik.recovery.forms import KeyForm
from butik.recovery.models import Recovery
from butik.recovery.standing import newest_recovery, standing_of, steps_of
from butik.staff.guards import PersonRequest, get_for, page
from butik.staff.rights import Right

P = ParamSpec("P")
RECOVER = Right.RECOVERY_STORE_RECOVER


class StoreRequest(PersonRequest):
    """A request about a store that this person may recover; the frame shows the store."""

    store: Store


def _store_page(
    view: Callable[Concatenate[StoreRequest, P], HttpResponse],
) -> Callable[..., HttpResponseBase]:
    @page(RECOVER)
    @wraps(view)
    def with_store(request: HttpRequest, /, store_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        store = get_for(request.user, RECOVER, Store, pk=store_id)  # type: ignore[arg-type]
        request.store = store  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return with_store


@require_safe
@_store_page
def recovery(request: StoreRequest) -> HttpResponse:
    cursor = latest_cursor()
    return render(request, "recovery/recovery.html", {"cursor": cursor, **_told(request.store)})


@require_safe
@_store_page
def recovery_now(request: StoreRequest) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "recovery/recovery_now.html", _told(request.store))


@require_POST
@_store_page
def claim(request: StoreRequest) -> HttpResponse:
    form = KeyForm(request.POST)
    if form.is_valid():
        key = form.cleaned_data["key"]

        def step(cloud: Cloud) -> Recovery:
            return actions.claim(store=request.store, key=key, cloud=cloud, actor=request.user.actor, now=now())

        _try(request, step, _("The key is accepted. Sales come down by themselves."))
    else:
        messages.error(request, _("Type the recovery key."))
    return redirect("recovery:recovery", request.store.pk)


@require_POST
@_store_page
def release(request: StoreRequest) -> HttpResponse:
    found = _found(request.store)

    def step(cloud: Cloud) -> Recovery:
        return actions.release(recovery=found, cloud=cloud, actor=request.user.actor, now=now())

    _try(request, step, _("The devices are being stopped. Nothing is sold until they are enrolled again."))
    return redirect("recovery:recovery", request.store.pk)


@require_POST
@_store_page
def mark(request: StoreRequest) -> HttpResponse:
    found = _found(request.store)

    def step(cloud: Cloud) -> Recovery:
        return actions.mark_recovered(
            recovery=found, store=request.store, cloud=cloud, actor=request.user.actor, now=now()
        )

    _try(request, step, _("The store is recovered. Enrol its devices, and normal selling goes on."))
    return redirect("recovery:recovery", request.store.pk)


def _try(request: StoreRequest, step: Callable[[Cloud], Recovery], done: str) -> None:
    """Take a step at the emergency cloud, and say how it went."""
    try:
        cloud = cloud_of(request.store)
        try:
            step(cloud)
        finally:
            cloud.close()
    except CloudTrouble as trouble:
        messages.error(request, str(trouble))
    else:
        messages.success(request, done)


def _found(store: Store) -> Recovery:
    found = newest_recovery(store)
    if found is None:
        raise Http404
    return found


def _told(store: Store) -> dict[str, Any]:
    found = newest_recovery(store)
    return {
        "store": store,
        "pairing": pairing_of(store.chain),
        "recovery": found,
        "standing": standing_of(found, store) if found else None,
        "steps": steps_of(found),
        "form": KeyForm(),
        "now": now(),
    }
