"""The rules of a chain's activation on its page: one person writes them anew, another one confirms."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from butik.approvals import actions as approvals
from butik.approvals.actions import AskedAlready
from butik.approvals.models import Approval
from butik.approvals.rules import NotAllowed
from butik.emergency.activating import ACTIVATE, acts_for_support, rules_of
from butik.emergency.fresh import ASKED_AGAIN, ask_for_factor, has_fresh_factor
from butik.emergency.models import SecurityQuestion
from butik.emergency.request_views import words_of
from butik.emergency.rules import (
    KIND,
    SHORTEST,
    BadRules,
    Question,
    ask_for_rules,
    confirm_rules,
    write_down,
)
from butik.lib.clock import now
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, page

ROWS = range(1, 5)


class RulesForm(forms.Form):
    allows_alone = forms.BooleanField(
        label=gettext_lazy("One person with a security key may activate alone, with 15 minutes' notice to all others"),
        required=False,
    )
    call_back = forms.CharField(
        label=gettext_lazy("Number that support calls back"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("A line that an attacker of the shops' network does not hold: a home, a switchboard."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in ROWS:
            self.fields[f"question_{row}"] = forms.CharField(
                label=_("Security question %(number)d") % {"number": row}, max_length=200, required=False
            )
            self.fields[f"answer_{row}"] = forms.CharField(
                label=_("Answer %(number)d") % {"number": row},
                max_length=100,
                required=False,
                widget=forms.TextInput({"autocomplete": "off"}),
            )

    def questions(self) -> list[Question]:
        said = self.cleaned_data
        rows = [Question(said[f"question_{row}"], said[f"answer_{row}"]) for row in ROWS]
        return [each for each in rows if each.text or each.answer]


@require_http_methods(["GET", "HEAD", "POST"])
@page(ACTIVATE)
def rules(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    if not has_fresh_factor(request, seconds=ASKED_AGAIN) and request.method != "POST":
        return ask_for_factor(request, request.path)
    asked = Approval.objects.visible_to(request.user).still_open(now()).filter(kind=KIND, subject=chain.pk).first()
    form = RulesForm(request.POST if request.POST.get("step") == "ask" else None, initial=_initial(chain))
    if request.method == "POST":
        if not has_fresh_factor(request):
            return ask_for_factor(request, request.path)
        if _take_step(request, chain, asked, form):
            return redirect("emergency:rules", chain.pk)
    questions = SecurityQuestion.objects.visible_to(request.user).filter(chain=chain).order_by("number")
    context = {
        "chain": chain,
        "rules": rules_of(chain),
        "questions": list(questions),
        "asked": asked,
        "is_mine": asked is not None and asked.first_by == request.user.pk,
        "is_support": acts_for_support(request.user, chain),
        "form": form,
    }
    return render(request, "emergency/rules.html", context, status=422 if form.errors else 200)


def _take_step(request: PersonRequest, chain: Chain, asked: Approval | None, form: RulesForm) -> bool:
    """Whether it was taken, or refused in words that stand on the next page; else the form says what is wrong."""
    step, person, moment = request.POST.get("step", ""), request.user, now()
    try:
        if step == "ask":
            return _ask(request, chain, form)
        if asked is None or request.POST.get("request") != str(asked.pk):
            raise NotAllowed("closed")
        if step == "confirm":
            confirm_rules(approval=asked, person=person, now=moment)
            messages.success(request, _("Confirmed. The rules hold from now on."))
        elif step == "refuse":
            approvals.refuse(approval=asked, person=person, now=moment)
        else:
            approvals.withdraw(approval=asked, person=person, now=moment)
    except AskedAlready:
        messages.warning(request, _("Somebody else has asked for a change already."))
    except NotAllowed as refusal:
        messages.error(request, words_of(refusal))
    return True


def _ask(request: PersonRequest, chain: Chain, form: RulesForm) -> bool:
    if not form.is_valid():
        return False
    said = form.cleaned_data
    try:
        content = write_down(allows_alone=said["allows_alone"], call_back=said["call_back"], questions=form.questions())
    except BadRules as problem:
        form.add_error(None, _words(problem))
        return False
    ask_for_rules(chain=chain, content=content, person=request.user, now=now())
    return True


def _words(problem: BadRules) -> str:
    return {
        "few": _("At least three security questions are needed: support asks two of them."),
        "short": _("An answer needs at least %(count)d letters or digits.") % {"count": SHORTEST},
        "double": _("Two of the questions are the same."),
        "number": _("The call-back number is no telephone number."),
    }[problem.reason]


def _initial(chain: Chain) -> dict[str, Any]:
    known = rules_of(chain)
    return {"allows_alone": known.allows_alone, "call_back": known.call_back}
