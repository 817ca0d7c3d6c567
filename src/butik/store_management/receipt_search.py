"""What is looked for among a store's receipts."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from butik.lib.amounts import read_amount
from butik.sales.models import Sale, SaleLine

# 12-3-N1-000017 as printed, or the part of it that somebody remembers: N1-17, 17
NUMBER = re.compile(r"^(?:(?:(?:\d+-)?(?P<pos>\d+)-)?(?P<label>[NEne]\d+)-)?0*(?P<counter>\d{1,9})$")


class ReceiptFilter(forms.Form):
    """The address of a receipt search."""

    PERIODS = [
        ("today", _("Today")),
        ("yesterday", _("Yesterday")),
        ("date", _("Date")),
        ("range", _("Date range")),
        ("all", _("All days")),
    ]

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    on = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    q = forms.CharField(label=_("Article text, number or barcode"), max_length=30, required=False)
    amount = forms.CharField(label=_("Amount"), max_length=15, required=False)
    number = forms.CharField(label=_("Receipt number"), max_length=30, required=False)

    def clean_period(self) -> str:
        return self.cleaned_data["period"] or "today"

    def clean_amount(self) -> int | None:
        text = self.cleaned_data["amount"]
        if not text:
            return None
        try:
            return read_amount(text)
        except ValueError as error:
            raise forms.ValidationError(_("Write an amount such as 12.50.")) from error

    def clean_number(self) -> re.Match[str] | None:
        text = self.cleaned_data["number"].strip()
        found = NUMBER.match(text)
        if text and not found:
            raise forms.ValidationError(_("Write a receipt number such as 12-3-N1-000017, or its last digits."))
        return found

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("period") == "date" and not said.get("on"):
            self.add_error("on", _("Choose a date."))
        if said.get("period") == "range" and not (said.get("since") and said.get("until")):
            self.add_error("since", _("Choose both dates."))
        if said.get("since") and said.get("until") and said["since"] > said["until"]:
            self.add_error("until", _("The end lies before the beginning."))
        return said


@dataclass(frozen=True, slots=True)
class Days:
    since: date | None
    until: date | None


def chosen_days(said: dict[str, Any], today: date) -> Days:
    match said["period"]:
        case "yesterday":
            day = today - timedelta(days=1)
            return Days(day, day)
        case "date":
            return Days(said["on"], said["on"])
        case "range":
            return Days(said["since"], said["until"])
        case "all":
            return Days(None, None)
    return Days(today, today)


def find_receipts(rows: "QuerySet[Sale]", said: dict[str, Any], today: date) -> "QuerySet[Sale]":
    """Narrow a store's sales to what a valid filter says."""
    days = chosen_days(said, today)
    if days.since:
        rows = rows.filter(business_date__gte=days.since)
    if days.until:
        rows = rows.filter(business_date__lte=days.until)
    if said["amount"] is not None:
        rows = rows.filter(total=said["amount"])
    if said["number"]:
        rows = rows.filter(**_parts(said["number"]))
    if said["q"]:
        rows = rows.filter(Exists(_lines_like(said["q"].strip())))
    return rows


def _parts(number: re.Match[str]) -> dict[str, Any]:
    parts: dict[str, Any] = {"counter": int(number["counter"])}
    if number["label"]:
        parts["label"] = number["label"].upper()
    if number["pos"]:
        parts["pos_number"] = int(number["pos"])
    return parts


def _lines_like(words: str) -> "QuerySet[SaleLine]":
    lines = SaleLine.objects.filter(
        organisation_id=OuterRef("organisation_id"), store_id=OuterRef("store_id"), sale_id=OuterRef("pk")
    )
    # SQLite folds the case of a-z only, and receipt texts are mostly capitals
    return lines.filter(
        Q(text__icontains=words)
        | Q(text__contains=words.upper())
        | Q(article_number=words)
        | Q(barcode=words.lstrip("0") or words)
    )
