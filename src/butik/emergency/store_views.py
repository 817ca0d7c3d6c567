"""One store: its backups and devices; in an emergency its recovery, from the key to the no-sale gap."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from butik.emergency.actions import (
    KEY_LIFE,
    accept_shortfall,
    end_without_part,
    issue_recovery_key,
    open_assignments,
)
from butik.emergency.models import Assignment, EmergencyStore, Readiness, RecordHead, Shortfall
from butik.lib.clock import now
from butik.lib.texts import TextField
from butik.live.queries import latest_cursor
from butik.organisation.models import Device, Store
from butik.sales.models import Series
from butik.staff.guards import PersonRequest, get_for, holds, page
from butik.staff.rights import Right
from butik.vault.models import StoredBackup

MEMBER = Right.ORGANISATION_STORE_VIEW  # then `get_for` asks for the store itself: a stranger's is not there at all
VIEW = Right.EMERGENCY_EMERGENCY_VIEW
ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE
SHOWN = 30
State = EmergencyStore.State


class ShortfallForm(forms.Form):
    reason = TextField(
        label=gettext_lazy("Reason"),
        min_length=5,
        max_length=300,
        help_text=gettext_lazy("What became of the device. Stands in the audit log, with your name."),
    )


@require_safe
@page(MEMBER)
def store(request: PersonRequest, store_id: UUID) -> HttpResponse:
    cursor = latest_cursor()
    found = get_for(request.user, VIEW, Store, pk=store_id)
    return render(request, "emergency/store.html", {"cursor": cursor, **_store(request, found, now())})


@require_safe
@page(MEMBER)
def store_now(request: PersonRequest, store_id: UUID) -> HttpResponse:
    """The part of the store's page that moves."""
    found = get_for(request.user, VIEW, Store, pk=store_id)
    return render(request, "emergency/store_now.html", _store(request, found, now()))


@require_POST
@page(MEMBER)
def recovery_key(request: PersonRequest, store_id: UUID) -> HttpResponse:
    """Issue a key. It is kept as a hash only, so this answer is the one place where it can be read."""
    found = get_for(request.user, ACTIVATE, Store, pk=store_id)
    row = _newest(request, found)
    if row is None or row.state == State.RECOVERED:
        raise Http404
    moment = now()
    key = issue_recovery_key(row=row, actor=request.user.actor, now=moment)
    context = {"store": found, "key": key, "expires_at": moment + KEY_LIFE}
    response = render(request, "emergency/recovery_key.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@page(MEMBER)
def without_part(request: PersonRequest, store_id: UUID) -> HttpResponse:
    """End the emergency for a store in which nothing was sold."""
    found = get_for(request.user, ACTIVATE, Store, pk=store_id)
    row = _newest(request, found)
    if row is None or row.state == State.RECOVERED:
        raise Http404
    if end_without_part(row=row, actor=request.user.actor, now=now()):
        messages.success(request, _("The emergency is over for %(store)s.") % {"store": found.name})
    else:
        messages.warning(request, _("A device of this store has switched: its controller must bring the sales home."))
    return redirect("emergency:store", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@page(MEMBER)
def shortfall(request: PersonRequest, store_id: UUID, assignment_id: UUID) -> HttpResponse:
    """A device that never closed its series: one person names it as lost, another one confirms."""
    found = get_for(request.user, ACTIVATE, Store, pk=store_id)
    assignment = get_for(request.user, ACTIVATE, Assignment, pk=assignment_id, store=found)
    known = Shortfall.objects.visible_to(request.user).filter(assignment=assignment).first()
    form = ShortfallForm(request.POST or None, initial={"reason": known.reason if known else ""})
    if request.method == "POST" and form.is_valid():
        kept = accept_shortfall(
            assignment=assignment, reason=form.cleaned_data["reason"], actor=request.user.actor, now=now()
        )
        if kept is None:
            form.add_error(None, _("You named it yourself: a second person must confirm."))
        else:
            messages.success(
                request, _("Confirmed.") if kept.second_at else _("Named. A second person must confirm it.")
            )
            return redirect("emergency:store", found.pk)
    series = Series.objects.visible_to(request.user).filter(pk=assignment.series_id).first()
    context = {"store": found, "assignment": assignment, "known": known, "form": form, "series": series}
    return render(request, "emergency/shortfall.html", context, status=422 if form.errors else 200)


def _newest(request: PersonRequest, store: Store) -> EmergencyStore | None:
    rows = EmergencyStore.objects.visible_to(request.user).filter(store=store).select_related("emergency", "store")
    found: EmergencyStore | None = rows.order_by("-emergency__number").first()
    return found


def _store(request: PersonRequest, store: Store, moment: datetime) -> dict[str, Any]:
    person = request.user
    row = _newest(request, store)
    backups = StoredBackup.objects.visible_to(person).filter(store=store).defer("manifest", "proof", "staff")
    context: dict[str, Any] = {
        "store": store,
        "row": row,
        "devices": _devices(request, store, row),
        "backups": backups.order_by("-received_at", "-id")[:SHOWN],
        "may_activate": holds(person, ACTIVATE, store),
        "now": moment,
    }
    if row is not None:
        context |= {
            "lost": [(each, _named(each)) for each in open_assignments(row)],
            "records": RecordHead.objects.visible_to(person)
            .filter(store=store)
            .values_list("position", flat=True)
            .first()
            or 0,
            "has_entered": any(each["assignment"] for each in context["devices"]),
            "key_is_open": bool(
                row.key_hash and row.key_used_at is None and row.key_expires_at and row.key_expires_at > moment
            ),
        }
    return context


def _named(assignment: Assignment) -> Shortfall | None:
    found: Shortfall | None = assignment.shortfalls.first()
    return found


def _devices(request: PersonRequest, store: Store, row: EmergencyStore | None) -> list[dict[str, Any]]:
    person = request.user
    checks = {each.device_id: each for each in Readiness.objects.visible_to(person).filter(store=store)}
    placed: dict[Any, Assignment] = {}
    if row is not None:
        assigned = Assignment.objects.visible_to(person).filter(emergency_id=row.emergency_id, store=store)
        placed = {each.device_id: each for each in assigned}
    ids = [each.series_id for each in placed.values()]
    series = {each.pk: each for each in Series.objects.visible_to(person).filter(pk__in=ids)}
    newest = StoredBackup.objects.newest_proven(store)
    devices = (
        Device.objects.visible_to(person).filter(store=store).select_related("pos").order_by("pos__number", "state")
    )
    return [
        {
            "device": device,
            "check": checks.get(device.pk),
            "holds": bool(
                newest
                and newest.price_sha256
                and device.pk in checks
                and checks[device.pk].held_sha256 == newest.price_sha256
            ),
            "assignment": placed.get(device.pk),
            "series": series.get(placed[device.pk].series_id) if device.pk in placed else None,
        }
        for device in devices
    ]
