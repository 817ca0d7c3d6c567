"""The stores to choose from, and what is going on in one of them."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from butik.error_log.models import ErrorEntry
from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Store
from butik.sales.models import QuarantinedRecord, Sale, SaleException
from butik.staff.guards import PersonRequest, holds, page
from butik.staff.rights import Right
from butik.store_management.gate import StoreRequest, store_page
from butik.store_management.readings import business_date, day_by_hour
from butik.store_management.service_views import lets_stores_join
from butik.store_management.standing import store_answer
from butik.store_management.status import current_standing, is_this

LATEST = 8


@require_safe
@page(Right.ORGANISATION_STORE_VIEW)
def overview(request: PersonRequest) -> HttpResponse:
    """The one store there is, or a list to choose from."""
    stores = list(Store.objects.visible_to(request.user).select_related("chain").order_by("chain__number", "number"))
    if len(stores) == 1:
        return redirect("store_management:store", stores[0].pk)
    return render(request, "store_management/stores.html", {"stores": stores})


@require_safe
@store_page(Right.ORGANISATION_STORE_VIEW)
def store(request: StoreRequest) -> HttpResponse:
    cursor = latest_cursor()
    return render(request, "store_management/store.html", {"cursor": cursor, **_happening(request, now())})


@require_safe
@store_page(Right.ORGANISATION_STORE_VIEW)
def store_now(request: StoreRequest) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "store_management/store_now.html", _happening(request, now()))


def _happening(request: StoreRequest, moment: datetime) -> dict[str, Any]:
    store, person = request.store, request.user
    standing = current_standing(person, store, moment)
    return {
        "standing": standing,
        "may_enrol_service": lets_stores_join() and holds(person, Right.ORGANISATION_STORE_ENROL, store),
        "kind": standing.kind(moment),
        "word": standing.word(moment),
        "answer": store_answer(standing, moment),
        # at the store itself nothing goes stale: who reads this page has just heard from it
        "fresh_until": standing.fresh_until if standing.is_heard(moment) and not is_this(store) else None,
        "day": day_by_hour(store, moment),
        "receipts": Sale.objects.visible_to(person)
        .filter(store_id=store.pk)
        .up_to(business_date(store, moment))
        .defer("document")
        .newest_first()[:LATEST],
        "errors": ErrorEntry.objects.visible_to(person).filter(store_id=store.pk).order_by("-latest_at")[:4],
        "exceptions": SaleException.objects.visible_to(person).filter(store_id=store.pk).count(),
        "quarantined": QuarantinedRecord.objects.visible_to(person)
        .filter(store_id=store.pk, accepted_at__isnull=True)
        .count(),
    }
