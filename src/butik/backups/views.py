"""The store's page of its backups: could it sell tonight, what there is, and a button for one more."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from butik.backups.actions import ask_backup
from butik.backups.models import Backup
from butik.backups.standing import Readiness
from butik.backups.work import nightly_moment
from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Store
from butik.organisation.pairing import pairing_of
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.rights import Right

VIEW, MAKE = Right.BACKUPS_BACKUP_VIEW, Right.BACKUPS_BACKUP_MAKE
State = Backup.State
LISTED = 62  # two months of nights


@require_safe
@page(VIEW)
def overview(request: PersonRequest, store_id: UUID) -> HttpResponse:
    cursor = latest_cursor()
    return render(request, "backups/overview.html", {"cursor": cursor, **_happening(request, store_id)})


@require_safe
@page(VIEW)
def overview_now(request: PersonRequest, store_id: UUID) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "backups/overview_now.html", _happening(request, store_id))


@require_POST
@page(MAKE)
def make(request: PersonRequest, store_id: UUID) -> HttpResponse:
    """Have the worker make one now. Asking twice makes one."""
    store = get_for(request.user, MAKE, Store, pk=store_id)
    if pairing_of(store.chain) is not None:
        ask_backup(store=store, actor=request.user.actor, now=now())
    return redirect("backups:overview", store_id)


def _happening(request: PersonRequest, store_id: UUID) -> dict[str, Any]:
    moment = now()
    store = get_for(request.user, VIEW, Store, pk=store_id)
    request.store = store  # type: ignore[attr-defined] # the frame shows it
    backups = Backup.objects.visible_to(request.user).filter(store=store)
    listed = list(backups.order_by("-asked_at", "-id")[:LISTED])
    newest = listed[0] if listed else None
    readiness = Readiness(pairing_of(store.chain) is not None, backups.newest_proven(), newest)
    return {
        "backups": listed,
        "readiness": readiness,
        "answer": readiness.answer(moment),
        "kind": readiness.kind(moment),
        "word": readiness.word(moment),
        "steps": _steps(newest) if newest and newest.is_at_work else [],
        "trouble": newest if newest and newest.state == State.FAILED else None,
        "next_at": _next_night(store, moment),
        "may_make": holds(request.user, MAKE, store),
    }


def _steps(backup: Backup) -> list[dict[str, Any]]:
    """Each step of what is at work: its word, and whether it is done, going on or to come."""
    order = [State.WAITING, State.MAKING, State.MADE, State.UPLOADED]
    place = order.index(State(backup.state))
    return [{"word": step.label, "is_done": n < place, "is_now": n == place} for n, step in enumerate(order)]


def _next_night(store: Store, moment: datetime) -> datetime:
    """When the next nightly backup is due; what is due today already has been asked for by the worker."""
    tonight = nightly_moment(store, moment)
    return tonight if tonight > moment else nightly_moment(store, moment + timedelta(days=1))
