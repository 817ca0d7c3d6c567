"""An activation that was asked for: the second person's look at it, and the moment in which it can be cancelled."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from butik.approvals import actions as approvals
from butik.approvals.actions import AskedAlready
from butik.approvals.models import Approval
from butik.approvals.rules import NotAllowed, State
from butik.emergency.actions import CannotActivate, running_emergency
from butik.emergency.activating import (
    ACTIVATE,
    acts_for_support,
    ask_for_activation,
    cancel_activation,
    confirm_activation,
    newest_request,
)
from butik.emergency.fresh import ASKED_AGAIN, ask_for_factor, has_fresh_factor
from butik.emergency.models import SupportCase
from butik.emergency.outages import OUTAGES
from butik.emergency.preview import Preview, preview_activation
from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, page


@require_http_methods(["GET", "HEAD", "POST"])
@page(ACTIVATE)
def activation_request(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    cursor = latest_cursor()
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    approval, moment = newest_request(chain), now()
    if approval is None:
        raise Http404
    if request.method == "POST":
        return _take_step(request, chain, approval, moment)
    if approval.state == State.DONE and running_emergency(chain) is not None:
        return redirect("emergency:chain", chain.pk)
    is_second = approval.state_at(moment) == State.ASKED and approval.first_by != request.user.pk
    if is_second and not has_fresh_factor(request, seconds=ASKED_AGAIN):
        return ask_for_factor(request, request.path)
    context = {"cursor": cursor, **_context(request, chain, approval, moment)}
    return render(request, "emergency/request.html", context)


@require_safe
@page(ACTIVATE)
def request_now(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    """The part that moves. When it has come to another step the page is loaded anew."""
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    approval, moment = newest_request(chain), now()
    if approval is None:
        raise Http404
    if request.GET.get("was") != f"{approval.pk}.{approval.state_at(moment)}":
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "emergency/request_now.html", _context(request, chain, approval, moment))


def _take_step(request: PersonRequest, chain: Chain, shown: Approval, moment: datetime) -> HttpResponse:
    """What was pressed is about the request that was shown; another one meanwhile is shown first."""
    again = redirect("emergency:request", chain.pk)
    if request.POST.get("request") != str(shown.pk):
        messages.warning(request, _("This is a newer request than the one that you had before you."))
        return again
    step = request.POST.get("step", "")
    if step in {"confirm", "anew"}:
        if request.POST.get("name", "").strip() != chain.name:
            messages.error(request, _("That is not the chain's name. Nothing was confirmed."))
            return again
        if not has_fresh_factor(request):
            return ask_for_factor(request, request.path)
    try:
        _STEPS[step](request, shown, moment)
    except KeyError:
        raise Http404 from None
    except AskedAlready:
        messages.warning(request, _("Somebody else has asked for it already: this is what."))
    except NotAllowed as refusal:
        messages.error(request, words_of(refusal))
    except CannotActivate as refusal:
        messages.error(request, str(refusal))
    return again


def _confirm(request: PersonRequest, approval: Approval, moment: datetime) -> None:
    expected = request.POST.get("expected", "")
    confirm_activation(approval=approval, person=request.user, expected=expected, now=moment)


def _ask_anew(request: PersonRequest, approval: Approval, moment: datetime) -> None:
    """The backups have changed: the second person asks for what she sees, and the first confirms that."""
    said = approval.content
    approvals.refuse(approval=approval, person=request.user, now=moment, note="changed")
    ask_for_activation(
        chain=approval.chain,
        date=date.fromisoformat(said["date"]),
        accept_newer=request.POST.get("accept_newer") == "on",
        accept_none=request.POST.get("accept_none") == "on",
        expected=request.POST.get("expected", ""),
        person=request.user,
        now=moment,
        case=_hand_over(approval, request, moment),
    )


def _hand_over(approval: Approval, request: PersonRequest, moment: datetime) -> SupportCase | None:
    """A call that one supporter has checked is good for the other, when only the backups are others now."""
    case_id = approval.content["support"]
    if not case_id or not acts_for_support(request.user, approval.chain):
        return None
    cases = SupportCase.objects.visible_to(request.user).filter(pk=case_id, expires_at__gt=moment)
    cases.update(state=SupportCase.State.GOOD, opened_by=request.user.pk)
    return cases.first()


def _refuse(request: PersonRequest, approval: Approval, moment: datetime) -> None:
    approvals.refuse(approval=approval, person=request.user, now=moment)


def _withdraw(request: PersonRequest, approval: Approval, moment: datetime) -> None:
    approvals.withdraw(approval=approval, person=request.user, now=moment)


def _cancel(request: PersonRequest, approval: Approval, moment: datetime) -> None:
    cancel_activation(approval=approval, person=request.user, now=moment)


_STEPS = {"confirm": _confirm, "anew": _ask_anew, "refuse": _refuse, "withdraw": _withdraw, "cancel": _cancel}


def words_of(refusal: NotAllowed) -> str:
    return {
        "same-person": _("The second person must be another one, with an account and a second factor of her own."),
        "changed": _("The backups have changed since it was asked for. Look at the stores again."),
        "expired": _("The request has run out. Ask again."),
        "first-is-gone": _("Whoever asked may not activate any more. Ask again, with somebody who may."),
        "support": _("Support confirms only what support has asked for."),
        "too-late": _("It has begun: it cannot be cancelled any more."),
        "not-yours": _("Only whoever asked can withdraw it."),
    }.get(refusal.reason, _("This request is closed: it was decided on meanwhile."))


def _context(request: PersonRequest, chain: Chain, approval: Approval, moment: datetime) -> dict[str, Any]:
    said = approval.content
    state = approval.state_at(moment)
    preview = preview_activation(chain, date.fromisoformat(said["date"]))
    return {
        "chain": chain,
        "approval": approval,
        "state": state,
        "was": f"{approval.pk}.{state}",
        "now_address": f"{reverse('emergency:request_now', args=[chain.pk])}?was={approval.pk}.{state}",
        "is_mine": approval.first_by == request.user.pk,
        "preview": preview,
        "has_changed": state == State.ASKED and preview.fingerprint != said["preview"],
        "changes": _changes(preview, said["held"]),
        "case": SupportCase.objects.visible_to(request.user).filter(pk=said["support"]).first()
        if said["support"]
        else None,
        "outages": OUTAGES,
    }


def _changes(preview: Preview, held: dict[str, str | None]) -> list[str]:
    """Names of the stores that would get another backup than was asked for."""
    return [
        each.store.name
        for each in preview.stores
        if held.get(str(each.store.pk), "") != (str(each.backup.pk) if each.backup else None)
    ]
