"""The page of what waits for a person, and her decisions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from butik.emergency.models import Emergency
from butik.emergency.newcomers import CannotApprove, approve_device, refuse_device
from butik.emergency.waiting import what_waits
from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.actions import revoke_device
from butik.organisation.models import Chain, Device
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.rights import Right
from butik.vault.models import NewDevice, Revocation
from butik.vault.revoking import decide_revocation

VIEW = Right.EMERGENCY_EMERGENCY_VIEW
ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE


@require_safe
@page(VIEW)
def waiting(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    cursor = latest_cursor()
    chain = get_for(request.user, VIEW, Chain, pk=chain_id)
    return render(request, "emergency/waiting.html", {"cursor": cursor, **_waiting(request, chain, now())})


@require_safe
@page(VIEW)
def waiting_now(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    """The part of the page that moves."""
    chain = get_for(request.user, VIEW, Chain, pk=chain_id)
    return render(request, "emergency/waiting_now.html", _waiting(request, chain, now()))


@require_POST
@page(ACTIVATE)
def new_device(request: PersonRequest, chain_id: UUID, new_device_id: UUID) -> HttpResponse:
    """Approve or refuse a device that is new since the emergency began."""
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    found = get_for(request.user, ACTIVATE, NewDevice, pk=new_device_id, chain_id=chain.pk)
    names = {"device": found.name}
    if request.POST.get("decision") != "approve":
        if refuse_device(device=found, actor=request.user.actor, now=now()):
            messages.success(request, _("%(device)s is refused. It gets nothing.") % names)
        return redirect("emergency:waiting", chain.pk)
    try:
        if approve_device(device=found, actor=request.user.actor, now=now()):
            messages.success(request, _("%(device)s is approved. What it has sent is booked.") % names)
    except CannotApprove:
        messages.error(
            request, _("The papers of %(device)s do not fit what is known here. Refuse it, and enrol it anew.") % names
        )
    return redirect("emergency:waiting", chain.pk)


@require_POST
@page(ACTIVATE)
def revocation(request: PersonRequest, chain_id: UUID, revocation_id: UUID) -> HttpResponse:
    """Believe a revocation that came during the emergency, or not."""
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    found = get_for(request.user, ACTIVATE, Revocation, pk=revocation_id, chain_id=chain.pk)
    is_right = request.POST.get("decision") == "approve"
    if decide_revocation(revocation=found, is_right=is_right, actor=request.user.actor, now=now()):
        messages.success(request, _("The device is closed.") if is_right else _("The device goes on selling."))
    return redirect("emergency:waiting", chain.pk)


@require_POST
@page(ACTIVATE)
def close_device(request: PersonRequest, chain_id: UUID, device_id: UUID) -> HttpResponse:
    """Close a device that became known after the date of the backups, and that nobody can vouch for."""
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    found = get_for(request.user, ACTIVATE, Device, pk=device_id, chain=chain)
    revoke_device(device=found, actor=request.user.actor, now=now())
    messages.success(request, _("%(device)s is closed. What it still sends is kept aside.") % {"device": found.name})
    return redirect("emergency:waiting", chain.pk)


def _waiting(request: PersonRequest, chain: Chain, moment: datetime) -> dict[str, Any]:
    active = Emergency.objects.active().visible_to(request.user).filter(chain=chain).first()
    return {
        "chain": chain,
        "active": active,
        "waiting": what_waits(request.user, chain),
        "may_decide": holds(request.user, ACTIVATE, chain),
        "now": moment,
    }
