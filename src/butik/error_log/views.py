"""The error log, searched."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from butik.error_log.models import ErrorEntry
from butik.lib.paging import Page, newest_first
from butik.organisation.models import Store
from butik.staff.guards import PersonRequest, get_for, page
from butik.staff.rights import Right


class EntryFilter(forms.Form):
    """The address of a search in the error log."""

    q = forms.CharField(label=_("Text"), max_length=100, required=False)
    level = forms.ChoiceField(label=_("Level"), required=False, choices=[("", _("All")), *ErrorEntry.Level.choices])
    store = forms.ModelChoiceField(
        label=_("Store"), queryset=Store.objects.none(), required=False, empty_label=_("All")
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, stores: "QuerySet[Store]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = stores  # type: ignore[attr-defined]


@require_safe
@page(Right.ERROR_LOG_ENTRY_VIEW)
def entries(request: PersonRequest) -> HttpResponse:
    stores = Store.objects.visible_to(request.user).order_by("number")
    asked = EntryFilter(request.GET, stores=stores)
    found: Page[ErrorEntry] = Page([])
    if asked.is_valid():
        rows = ErrorEntry.objects.visible_to(request.user).select_related("store").defer("detail")
        found = newest_first(request, _narrowed(rows, asked.cleaned_data), "latest_at", "id")
    context = {"filter": asked, "page": found, "is_filtered": any(request.GET.values())}
    return render(request, "error_log/entries.html", context, status=422 if asked.errors else 200)


@require_safe
@page(Right.ERROR_LOG_ENTRY_VIEW)
def entry(request: PersonRequest, entry_id: UUID) -> HttpResponse:
    found = get_for(request.user, Right.ERROR_LOG_ENTRY_VIEW, ErrorEntry, pk=entry_id)
    return render(request, "error_log/entry.html", {"entry": found})


def _narrowed(rows: "QuerySet[ErrorEntry]", said: dict[str, Any]) -> "QuerySet[ErrorEntry]":
    words = said["q"].strip()
    if words:
        rows = rows.filter(Q(message__icontains=words) | Q(source__icontains=words) | Q(detail__icontains=words))
    if said["level"]:
        rows = rows.filter(level=said["level"])
    if said["store"]:
        rows = rows.filter(store=said["store"])
    if said["since"]:
        rows = rows.filter(latest_at__gte=_midnight(said["since"]))
    if said["until"]:
        rows = rows.filter(first_at__lt=_midnight(said["until"] + timedelta(days=1)))
    return rows


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
