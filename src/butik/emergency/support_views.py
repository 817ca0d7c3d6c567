"""A customer calls and cannot sign in: the page leads a supporter through what must come first."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from butik.emergency.activating import ACTIVATE, acts_for_support, rules_of
from butik.emergency.fresh import ASKED_AGAIN, ask_for_factor, has_fresh_factor
from butik.emergency.models import SecurityQuestion, SupportCase
from butik.emergency.support import NoSupport, answer_questions, call_back, is_blocked, open_case
from butik.lib.clock import now
from butik.lib.texts import TextField
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, get_for, page

State = SupportCase.State


class CallForm(forms.Form):
    caller = TextField(label=gettext_lazy("Who calls"), min_length=2, max_length=100)
    reason = TextField(label=gettext_lazy("Why, and why she cannot sign in"), min_length=5, max_length=300)


class AnswersForm(forms.Form):
    def __init__(self, *args: Any, questions: list[SecurityQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for each in questions:
            self.fields[f"answer_{each.number}"] = forms.CharField(
                label=each.text, max_length=100, widget=forms.TextInput({"autocomplete": "off"})
            )


class CallBackForm(forms.Form):
    reached = TextField(label=gettext_lazy("Whom did you reach there?"), min_length=2, max_length=100)
    called = forms.BooleanField(label=gettext_lazy("I have hung up and called this number myself"))


@require_http_methods(["GET", "HEAD", "POST"])
@page(ACTIVATE)
def support(request: PersonRequest, chain_id: UUID) -> HttpResponse:
    chain = get_for(request.user, ACTIVATE, Chain, pk=chain_id)
    if not acts_for_support(request.user, chain):
        raise PermissionDenied
    if request.method != "POST" and not has_fresh_factor(request, seconds=ASKED_AGAIN):
        return ask_for_factor(request, request.path)
    case = _case(request, chain)
    form = _form(request, chain, case)
    if request.method == "POST" and form is not None:
        if not has_fresh_factor(request):
            return ask_for_factor(request, request.path)
        if form.is_valid() and _take_step(request, chain, case, form.cleaned_data):
            return redirect("emergency:support", chain.pk)
    known = rules_of(chain)
    context = {
        "chain": chain,
        "case": case,
        "form": form,
        "rules": known,
        "is_blocked": is_blocked(known, now()),
        "has_questions": SecurityQuestion.objects.visible_to(request.user).filter(chain=chain).exists(),
    }
    return render(request, "emergency/support.html", context, status=422 if form is not None and form.errors else 200)


def _case(request: PersonRequest, chain: Chain) -> SupportCase | None:
    """Her own call that is not closed."""
    cases = SupportCase.objects.visible_to(request.user).filter(chain=chain, opened_by=request.user.pk)
    going_on = cases.filter(state__in=(State.OPEN, State.ANSWERED, State.GOOD), expires_at__gt=now())
    found: SupportCase | None = going_on.select_related("chain").order_by("-opened_at").first()
    return found


def _form(request: PersonRequest, chain: Chain, case: SupportCase | None) -> forms.Form | None:
    """Of the step that comes next. What was sent for another step is not taken for this one."""
    data = request.POST if request.POST.get("step") == (case.state if case else "CALL") else None
    if case is None:
        return CallForm(data)
    if case.state == State.OPEN:
        asked = SecurityQuestion.objects.visible_to(request.user).filter(chain=chain, number__in=case.questions)
        return AnswersForm(data, questions=list(asked.order_by("number")))
    return CallBackForm(data) if case.state == State.ANSWERED else None


def _take_step(request: PersonRequest, chain: Chain, case: SupportCase | None, said: dict[str, Any]) -> bool:
    moment = now()
    try:
        if case is None:
            open_case(chain=chain, caller=said["caller"], reason=said["reason"], person=request.user, now=moment)
        elif case.state == State.OPEN:
            answers = {int(name.removeprefix("answer_")): text for name, text in said.items()}
            judged = answer_questions(case=case, answers=answers, person=request.user, now=moment)
            if judged.state != State.ANSWERED:
                messages.error(request, _("Not all answers are right. Which ones is not said; nothing was activated."))
        else:
            call_back(case=case, reached=said["reached"], person=request.user, now=moment)
    except NoSupport as refusal:
        messages.error(request, _words(refusal))
    return True


def _words(refusal: NoSupport) -> str:
    return {
        "nothing-fixed": _("This chain has fixed no questions and no number: support cannot activate it."),
        "blocked": _("Too many wrong answers: no call of this chain is taken for a day."),
    }.get(refusal.reason, _("This call is closed. Begin again."))
