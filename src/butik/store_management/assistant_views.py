"""Shop assistants of one store."""

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from butik.lib.clock import now
from butik.staff.actions import add_assistant, change_assistant, reset_pin, unblock_assistant
from butik.staff.guards import get_for, holds
from butik.staff.models import ShopAssistant
from butik.staff.pins import is_short, make_pin_verifier
from butik.staff.rights import Right
from butik.store_management.assistant_forms import AssistantForm, NewAssistantForm, PinForm
from butik.store_management.gate import StoreRequest, store_page


@require_safe
@store_page(Right.STAFF_ASSISTANT_VIEW)
def assistants(request: StoreRequest) -> HttpResponse:
    rows = ShopAssistant.objects.visible_to(request.user).filter(store=request.store)
    active = sum(each.is_active for each in rows)
    words = request.GET.get("q", "").strip().casefold()
    found = [each for each in rows if words in each.name.casefold() or words in each.number]
    short = {each.pk for each in rows if each.is_active and is_short(each.pin)}
    context = {
        "found": sorted(found, key=lambda each: (not each.is_active, len(each.number), each.number)),
        "words": request.GET.get("q", "").strip(),
        "active": active,
        "short": short,
        "may_edit": holds(request.user, Right.STAFF_ASSISTANT_EDIT, request.store),
    }
    return render(request, "store_management/assistants.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.STAFF_ASSISTANT_EDIT)
def assistant_add(request: StoreRequest) -> HttpResponse:
    form = NewAssistantForm(request.POST or None, store=request.store)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        pin = make_pin_verifier(said.pop("pin"))
        del said["pin_again"]
        try:
            added = add_assistant(store=request.store, pin=pin, actor=request.user.actor, now=now(), **said)
        except IntegrityError:  # somebody else was faster
            form.add_error("number", _("This number is taken."))
        else:
            messages.success(request, _("%(assistant)s can sign in at the POSs of this store.") % {"assistant": added})
            return redirect("store_management:assistants", request.store.pk)
    return render(request, "store_management/assistant_add.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.STAFF_ASSISTANT_EDIT)
def assistant(request: StoreRequest, assistant_id: UUID) -> HttpResponse:
    found = _found(request, assistant_id)
    initial = {"name": found.name, "role": found.role, "is_active": found.is_active}
    form = AssistantForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_assistant(assistant=found, actor=request.user.actor, now=now(), **form.cleaned_data)
        messages.success(request, _("Saved. Devices get it the next time they call."))
        return redirect("store_management:assistants", request.store.pk)
    context = {"assistant": found, "form": form, "pin_form": PinForm(), "is_short": is_short(found.pin)}
    return render(request, "store_management/assistant.html", context, status=422 if form.errors else 200)


@require_POST
@store_page(Right.STAFF_ASSISTANT_EDIT)
def assistant_pin(request: StoreRequest, assistant_id: UUID) -> HttpResponse:
    found = _found(request, assistant_id)
    form = PinForm(request.POST)
    if form.is_valid():
        pin = make_pin_verifier(form.cleaned_data["pin"])
        reset_pin(assistant=found, pin=pin, actor=request.user.actor, now=now())
        messages.success(request, _("%(assistant)s has a new PIN.") % {"assistant": found})
        return redirect("store_management:assistants", request.store.pk)
    initial = {"name": found.name, "role": found.role, "is_active": found.is_active}
    context = {"assistant": found, "form": AssistantForm(initial=initial), "pin_form": form}
    return render(request, "store_management/assistant.html", context, status=422)


@require_POST
@store_page(Right.STAFF_ASSISTANT_EDIT)
def assistant_unblock(request: StoreRequest, assistant_id: UUID) -> HttpResponse:
    found = _found(request, assistant_id)
    unblock_assistant(assistant=found, actor=request.user.actor, now=now())
    messages.success(request, _("%(assistant)s can sign in again, with the same PIN.") % {"assistant": found})
    return redirect("store_management:assistants", request.store.pk)


def _found(request: StoreRequest, assistant_id: UUID) -> ShopAssistant:
    return get_for(request.user, Right.STAFF_ASSISTANT_EDIT, ShopAssistant, pk=assistant_id, store_id=request.store.pk)
