"""A backup that is in quarantine: what is different in it, and a person who believes it says why."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from butik.emergency.words import DIFFERENCES
from butik.lib.clock import now
from butik.lib.texts import TextField
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.rights import Right
from butik.vault.actions import CannotAccept, accept_backup, is_held
from butik.vault.judging import read_differences
from butik.vault.models import StoredBackup

MEMBER = Right.ORGANISATION_STORE_VIEW  # then `get_for` asks for the store itself: a stranger's is not there at all
VIEW = Right.EMERGENCY_EMERGENCY_VIEW
ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE


class AcceptForm(forms.Form):
    reason = TextField(
        label=gettext_lazy("Reason"),
        min_length=5,
        max_length=300,
        help_text=gettext_lazy("Why this backup is right all the same. Stands in the audit log, with your name."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page(MEMBER)
def backup(request: PersonRequest, store_id: UUID, backup_id: UUID) -> HttpResponse:
    """What differs from the proven one before it; with the right to activate one may accept it."""
    right = ACTIVATE if request.method == "POST" else VIEW
    store = get_for(request.user, right, Store, pk=store_id)
    found = get_for(request.user, right, StoredBackup, pk=backup_id, store=store)
    form = AcceptForm(request.POST or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            if accept_backup(backup=found, reason=form.cleaned_data["reason"], actor=request.user.actor, now=now()):
                messages.success(request, _("Accepted. It is examined once more, and then stores sell from it."))
            else:
                messages.warning(request, _("This backup is not in quarantine any more."))
            return redirect("emergency:store", store.pk)
        except CannotAccept:
            problem = _("While the emergency of this store is active, no backup can be accepted.")
    context = {"form": form, "problem": problem, **_backup(request, store, found)}
    return render(request, "emergency/backup.html", context, status=422 if problem or form.errors else 200)


def _backup(request: PersonRequest, store: Store, found: StoredBackup) -> dict[str, Any]:
    before = StoredBackup.objects.visible_to(request.user).filter(store=store, pk=found.compared_with).first()
    with tenant_scope([store.organisation_id]):
        held = is_held(organisation_id=store.organisation_id, chain_id=store.chain_id, store_id=store.pk)
    differences = [
        {
            "words": DIFFERENCES[each.rule],
            "is_suspect": each.is_suspect,
            "count": each.count,
            "total": each.total,
            "examples": each.examples,
            "more": each.count - len(each.examples),
        }
        for each in read_differences(found)
    ]
    waits = found.state == StoredBackup.State.QUARANTINED
    return {
        "store": store,
        "backup": found,
        "before": before,
        "differences": differences,
        "is_held": held,
        "waits": waits,
        "may_accept": waits and not held and holds(request.user, ACTIVATE, store),
    }
