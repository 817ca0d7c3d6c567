"""Forms of Store Management."""

from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from butik.organisation.models import Pos, Store


class PosForm(forms.Form):
    number = forms.IntegerField(
        label=_("Number"), min_value=1, max_value=999, help_text=_("Stands in every receipt number. Fixed from now on.")
    )
    name = forms.CharField(label=_("Name"), max_length=32, help_text=_("As people call it: Counter, Lobby, Terrace."))

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store = store
        highest = Pos.objects.filter(store=store).aggregate(Max("number"))["number__max"]
        self.fields["number"].initial = (highest or 0) + 1

    def clean_number(self) -> int:
        number: int = self.cleaned_data["number"]
        if Pos.objects.filter(store=self.store, number=number).exists():
            raise forms.ValidationError(_("This number is taken."))
        return number


class AcceptForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        min_length=5,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Stands in the audit log, with your name."),
    )
