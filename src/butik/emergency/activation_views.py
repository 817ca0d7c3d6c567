"""From the chain to its emergency: a date, what each store would get, and the chain's name typed to confirm."""

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

from butik.emergency.actions import CannotActivate, activate, today
from butik.emergency.models import Emergency
from butik.emergency.preview import preview_activation
from butik.lib.clock import now
from butik.lib.ids import new_id
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
    attempt = forms.UUIDField()
    expected = forms.CharField(max_length=32)
    accept_newer = forms.BooleanField(required=False)
    accept_none = forms.BooleanField(required=False)
    name = forms.CharField(max_length=100)


@require_http_methods(["GET", "HEAD", "POST"])
@page(ACTIVATE)
def activation(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    moment = now()
    if request.method == "POST":
        return _confirm(request, chain, moment)
    running = Emergency.objects.active().filter(organisation_id=chain.organisation_id, chain=chain).first()
    if running is not None:
        messages.warning(request, _("The emergency of this chain is active already."))
        return redirect("emergency:chain", chain.pk)
    form = DateForm(request.GET if "date" in request.GET else None, moment=moment, initial={"date": today(moment)})
    return _show(request, chain, form, moment)


def _confirm(request: PersonRequest, chain: Chain, moment: datetime) -> HttpResponse:
    form = ConfirmForm(request.POST, moment=moment)
    if not form.is_valid():
        return _show(request, chain, form, moment, problem=_("Something is missing. Nothing was activated."))
    said = form.cleaned_data
    if said["name"].strip() != chain.name:
        return _show(request, chain, form, moment, problem=_("That is not the chain's name. Nothing was activated."))
    try:
        emergency = activate(
            chain=chain,
            date=said["date"],
            accept_newer=said["accept_newer"],
            accept_none=said["accept_none"],
            attempt=said["attempt"],
            expected=said["expected"],
            actor=request.user.actor,
            now=moment,
        )
    except CannotActivate as refusal:
        if refusal.emergency is not None:
            messages.warning(request, _("Somebody else has activated this chain's emergency already."))
            return redirect("emergency:chain", chain.pk)
        return _show(request, chain, form, moment, problem=_words(refusal))
    messages.success(
        request, _("Emergency %(number)d is active. Devices are switching now.") % {"number": emergency.number}
    )
    return redirect("emergency:chain", chain.pk)


def _words(refusal: CannotActivate) -> str:
    return {
        "future": _("This date is in the future: no backup of it can exist."),
        "changed": _("The backups have changed since this was shown. Look at the stores again."),
        "newer": _("Some stores would get a backup that is newer than this date. Accept that first."),
        "none": _("Some stores have no backup: their devices switch but cannot sell. Accept that first."),
    }.get(refusal.reason, str(refusal))


def _show(request: PersonRequest, chain: Chain, form: forms.Form, moment: datetime, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {"chain": chain, "form": form, "problem": problem}
    wanted = form.cleaned_data.get("date") if form.is_bound and (form.is_valid() or form.cleaned_data) else None
    if wanted:
        attempt = form.cleaned_data.get("attempt") or new_id()
        context |= {"preview": preview_activation(chain, wanted), "attempt": attempt}
        context |= {name: form.cleaned_data.get(name) for name in ("accept_newer", "accept_none")}
    return render(request, "emergency/activation.html", context, status=422 if problem or form.errors else 200)
