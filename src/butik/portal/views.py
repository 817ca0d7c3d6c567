"""The portal's pages and the fragments that live events make them fetch."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.portal.dashboard import first_line as read_first_line
from butik.portal.dashboard import store_rows
from butik.staff.guards import PersonRequest, page
from butik.staff.rights import Right


@require_safe
@page(Right.ORGANISATION_STORE_VIEW)
def dashboard(request: PersonRequest) -> HttpResponse:
    cursor = latest_cursor()  # before the figures: what happens meanwhile is told again, never missed
    moment = now()
    rows = store_rows(request.user, moment)
    context = {
        "rows": rows,
        "cursor": cursor,
        "line": read_first_line(rows, moment),
        "total": sum(row.revenue.revenue for row in rows),
        "sales": sum(row.revenue.sales for row in rows),
        "currencies": sorted({row.currency for row in rows}),
    }
    return render(request, "portal/dashboard.html", context)


@require_safe
@page(Right.ORGANISATION_STORE_VIEW)
def store_row(request: PersonRequest, store_id: UUID) -> HttpResponse:
    moment = now()
    rows = store_rows(request.user, moment, only=store_id)
    if not rows:
        raise Http404
    return render(request, "portal/store_row.html", {"row": rows[0]})


@require_safe
@page(Right.ORGANISATION_STORE_VIEW)
def first_line(request: PersonRequest) -> HttpResponse:
    moment = now()
    rows = store_rows(request.user, moment)
    return render(request, "portal/first_line.html", {"line": read_first_line(rows, moment), "rows": rows})
