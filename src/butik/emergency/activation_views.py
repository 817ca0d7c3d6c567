"""From the chain to its emergency: a date, what each store would get, the chain's name typed; then a second person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from butik.approvals.actions import AskedAlready
from butik.approvals.rules import NotAllowed
from butik.emergency.actions import CannotActivate, running_emergency, today
from butik.emergency.activating import acts_for_support, ask_for_activation, open_request, rules_of
from butik.emergency.fresh import ASKED_AGAIN, KEY, ask_for_factor, has_fresh_factor, has_key
from butik.emergency.models import SupportCase
from butik.emergency.outages import OUTAGES
from butik.emergency.preview import preview_activation
from butik.lib.clock import now
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, page
from butik.staff.rights import Right

ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE


class DateForm(forms.Form):
    date = forms.DateField(
        label=gettext_lazy("Date of the backups"),
        help_text=gettext_lazy(
            "The last day on which the data were surely clean. Each store gets its backup of that day."
        ),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, moment: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today(moment)
        self.fields["date"].widget.attrs["max"] = self.today.isoformat()

    def clean_date(self) -> Any:
        chosen = self.cleaned_data["date"]
        if chosen > self.today:
            raise forms.ValidationError(_("This date is in the future: no backup of it can exist."))
        return chosen


class ConfirmForm(DateForm):
    expected = forms.CharField(max_length=32)
    accept_newer = forms.BooleanField(required=False)
    accept_none = forms.BooleanField(required=False)
    alone = forms.BooleanField(required=False)
    name = forms.CharField(max_length=100)


@require_http_methods(["GET", "HEAD", "POST"])
@page(ACTIVATE)
def activation(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    moment = now()
    if running_emergency(chain) is not None:
        messages.warning(request, _("The emergency of this chain is active already."))
        return redirect("emergency:chain", chain.pk)
    if request.method == "POST":
        return _ask(request, chain, moment)
    if open_request(chain, moment) is not None:
        return redirect("emergency:request", chain.pk)
    if acts_for_support(request.user, chain) and good_case(request, chain, moment) is None:
        return redirect("emergency:support", chain.pk)
    if not has_fresh_factor(request, seconds=ASKED_AGAIN):
        return ask_for_factor(request, request.get_full_path())
    form = DateForm(request.GET if "date" in request.GET else None, moment=moment, initial={"date": today(moment)})
    return _show(request, chain, form, moment)


def good_case(request: PersonRequest, chain: Chain, moment: datetime) -> SupportCase | None:
    """The call that this supporter has checked, and not used yet."""
    cases = SupportCase.objects.visible_to(request.user).filter(chain=chain, opened_by=request.user.pk)
    return next((each for each in cases.order_by("-opened_at")[:5] if each.is_good(moment)), None)


def _ask(request: PersonRequest, chain: Chain, moment: datetime) -> HttpResponse:
    form = ConfirmForm(request.POST, moment=moment)
    if not form.is_valid():
        return _show(request, chain, form, moment, problem=_("Something is missing. Nothing was activated."))
    said = form.cleaned_data
    if said["name"].strip() != chain.name:
        return _show(request, chain, form, moment, problem=_("That is not the chain's name. Nothing was activated."))
    if not has_fresh_factor(request, types=(KEY,)) if said["alone"] else not has_fresh_factor(request):
        if said["alone"] and has_fresh_factor(request):
            problem = _("Alone it takes a security key: show it first, under Second factor.")
            return _show(request, chain, form, moment, problem=problem)
        return ask_for_factor(request, f"{request.path}?date={said['date'].isoformat()}")
    try:
        ask_for_activation(
            chain=chain,
            date=said["date"],
            accept_newer=said["accept_newer"],
            accept_none=said["accept_none"],
            expected=said["expected"],
            person=request.user,
            now=moment,
            is_alone=said["alone"],
            case=good_case(request, chain, moment),
        )
    except AskedAlready:
        messages.warning(request, _("Somebody else has asked for it already: this is what."))
    except (CannotActivate, NotAllowed) as refusal:
        return _show(request, chain, form, moment, problem=_words(refusal))
    return redirect("emergency:request", chain.pk)


def _words(refusal: CannotActivate | NotAllowed) -> str:
    return {
        "active": _("The emergency of this chain is active already."),
        "future": _("This date is in the future: no backup of it can exist."),
        "changed": _("The backups have changed since this was shown. Look at the stores again."),
        "newer": _("Some stores would get a backup that is newer than this date. Accept that first."),
        "none": _("Some stores have no backup: their devices switch but cannot sell. Accept that first."),
        "not-alone": _("This chain is activated by two persons."),
        "support": _("First ask the caller the security questions and call back."),
    }.get(refusal.reason, str(refusal))


def _show(request: PersonRequest, chain: Chain, form: forms.Form, moment: datetime, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"chain": chain, "form": form, "problem": problem, "outages": OUTAGES}
    wanted = form.cleaned_data.get("date") if form.is_bound and (form.is_valid() or form.cleaned_data) else None
    if wanted:
        alone = rules_of(chain).allows_alone and not acts_for_support(request.user, chain)
        context |= {"preview": preview_activation(chain, wanted), "may_alone": alone and has_key(request)}
        context |= {name: form.cleaned_data.get(name) for name in ("accept_newer", "accept_none")}
    return render(request, "emergency/activation.html", context, status=422 if problem or form.errors else 200)
