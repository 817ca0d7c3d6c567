"""The board, and the chain: what could be activated, and what an active emergency is doing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from butik.approvals.models import Approval
from butik.emergency.activating import KIND, acts_for_support
from butik.emergency.band import bands
from butik.emergency.board import answer, emergency_answer, emergency_rows, store_rows
from butik.emergency.models import Emergency
from butik.emergency.outages import OUTAGES
from butik.emergency.waiting import count_waiting
from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.models import Person
from butik.staff.rights import Right

VIEW = Right.EMERGENCY_EMERGENCY_VIEW
ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE


@require_safe
@page(VIEW)
def board(request: PersonRequest) -> HttpResponse:
    cursor = latest_cursor()  # before the figures: what happens meanwhile is told again, never missed
    return render(request, "emergency/board.html", {"cursor": cursor, **_board(request, now())})


@require_safe
@page(VIEW)
def board_now(request: PersonRequest) -> HttpResponse:
    """The part of the board that moves."""
    return render(request, "emergency/board_now.html", _board(request, now()))


@require_safe
@page(VIEW)
def chains(request: PersonRequest) -> HttpResponse:
    listed = Chain.objects.visible_to(request.user).order_by("number")
    active = set(Emergency.objects.active().visible_to(request.user).values_list("chain_id", flat=True))
    return render(request, "emergency/chains.html", {"chains": [(each, each.pk in active) for each in listed]})


@require_safe
@page(VIEW)
def chain(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    cursor = latest_cursor()
    found = get_for(request.user, VIEW, Chain, pk=chain_id)
    return render(request, "emergency/chain.html", {"cursor": cursor, **_chain(request, found, now())})


@require_safe
@page(VIEW)
def chain_now(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    """The part of the chain's page that moves."""
    found = get_for(request.user, VIEW, Chain, pk=chain_id)
    return render(request, "emergency/chain_now.html", _chain(request, found, now()))


@require_safe
@page(VIEW)
def band(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    """The band of a chain, while its emergency is active; then the page is loaded anew, in its normal frame."""
    found = get_for(request.user, VIEW, Chain, pk=chain_id)
    shown = [each for each in bands(request.user) if each.key == found.pk]
    if not shown:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "frame/band.html", {"band": shown[0]})


def _board(request: PersonRequest, moment: datetime) -> dict[str, Any]:
    rows = store_rows(request.user, moment)
    active = Emergency.objects.active().visible_to(request.user).select_related("chain").order_by("activated_at")
    emergencies = [_emergency(each, request.user) for each in active]
    return {
        "rows": rows,
        "answer": " · ".join(each["answer"] for each in emergencies) or answer(rows),
        "readiness": answer(rows),
        "emergencies": emergencies,
        "pending": _pending(request, moment),
    }


def _chain(request: PersonRequest, chain: Chain, moment: datetime) -> dict[str, Any]:
    of_chain = Emergency.objects.visible_to(request.user).filter(chain=chain).select_related("chain")
    active = of_chain.active().first()
    rows = store_rows(request.user, moment, chain_id=chain.pk)
    return {
        "chain": chain,
        "rows": rows,
        "answer": answer(rows),
        "active": _emergency(active, request.user) if active else None,
        "past": of_chain.filter(state=Emergency.State.ENDED).order_by("-number"),
        "may_activate": holds(request.user, ACTIVATE, chain),
        "waiting": count_waiting(request.user, chain),
        "may_support": active is None and acts_for_support(request.user, chain),
        "pending": [each for each in _pending(request, moment) if each.chain_id == chain.pk],
        "outages": OUTAGES,
    }


def _pending(request: PersonRequest, moment: datetime) -> list[Approval]:
    """Activations that were asked for and not yet decided: everybody who may see the board sees them."""
    rows = Approval.objects.visible_to(request.user).still_open(moment).filter(kind=KIND).select_related("chain")
    return list(rows.order_by("first_at"))


def _emergency(emergency: Emergency, person: Person) -> dict[str, Any]:
    rows = emergency_rows(emergency)
    return {
        "emergency": emergency,
        "rows": rows,
        "answer": emergency_answer(rows),
        "sales": sum(each.sales for each in rows),
        "total": sum(each.total for each in rows),
        "switched": sum(each.switched for each in rows),
        "waiting": count_waiting(person, emergency.chain),
        "devices": sum(each.devices for each in rows),
    }
