"""The address of a receipt search: what is looked for, and on which days."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class ReceiptFilter(forms.Form):
    PERIODS = [
        ("today", _("Today")),
        ("yesterday", _("Yesterday")),
        ("date", _("Date")),
        ("range", _("Date range")),
        ("all", _("All days")),
    ]

    q = forms.CharField(label=_("Receipt number, amount, article or barcode"), max_length=30, required=False)
    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    on = _day(_("Date"))
    since = _day(_("From"))
    until = _day(_("To"))

    def clean_period(self) -> str:
        return self.cleaned_data["period"] or "today"

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("period") == "range" and said.get("since") and said.get("until") and said["since"] > said["until"]:
            self.add_error("until", _("The end lies before the beginning."))
        return said

    def days(self, today: date) -> tuple[date | None, date | None]:
        """First and last business day; a date that is not chosen yet is today."""
        said = self.cleaned_data
        match said["period"]:
            case "yesterday":
                return today - timedelta(days=1), today - timedelta(days=1)
            case "date":
                return said["on"] or today, said["on"] or today
            case "range":
                return said["since"], said["until"]
            case "all":
                return None, None
        return today, today
