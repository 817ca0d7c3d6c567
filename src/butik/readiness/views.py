"""The page "Emergency readiness" and the fragments that live events make it fetch."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Chain
from butik.organisation.pairing import pairing_of
from butik.readiness.board import Row, board_rows, first_line
from butik.staff.guards import PersonRequest, page
from butik.staff.rights import Right


@require_safe
@page(Right.BACKUPS_BACKUP_VIEW)
def board(request: PersonRequest) -> HttpResponse:
    cursor = latest_cursor()  # before the figures: what happens meanwhile is told again, never missed
    rows = board_rows(request.user, now())
    chains = Chain.objects.filter(pk__in={row.store.chain_id for row in rows}).order_by("number")
    paired = [(chain, pairing_of(chain)) for chain in chains]
    return render(
        request,
        "readiness/board.html",
        _line_of(rows)
        | {
            "cursor": cursor,
            "clouds": [(chain, pairing) for chain, pairing in paired if pairing],
            "unpaired": [chain for chain, pairing in paired if not pairing],
        },
    )


@require_safe
@page(Right.BACKUPS_BACKUP_VIEW)
def line(request: PersonRequest) -> HttpResponse:
    return render(request, "readiness/first_line.html", _line_of(board_rows(request.user, now())))


@require_safe
@page(Right.BACKUPS_BACKUP_VIEW)
def store_row(request: PersonRequest, store_id: UUID) -> HttpResponse:
    rows = board_rows(request.user, now(), only=store_id)
    if not rows:
        raise Http404
    return render(request, "readiness/row.html", {"row": rows[0]})


def _line_of(rows: list[Row]) -> dict[str, Any]:
    return {"rows": rows, "answer": first_line(rows, now()) if rows else _("No store yet")}
