"""Forms of Store Management."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from butik.lib.amounts import read_amount
from butik.lib.bounds import MAX_AMOUNT, MAX_RATE
from butik.lib.money import included_vat
from butik.lib.texts import TextField
from butik.organisation.models import Pos, Store
from butik.sales.by_hand import figures_fault, is_plausible_day, rounds_well
from butik.sales.reading import Place
from butik.sales.wire import Figures, TenderSum, Vat


class PosForm(forms.Form):
    number = forms.IntegerField(
        label=_("Number"), min_value=1, max_value=999, help_text=_("Stands in every receipt number. Fixed from now on.")
    )
    name = TextField(label=_("Name"), max_length=32, help_text=_("As people call it: Counter, Lobby, Terrace."))

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
    reason = TextField(
        label=_("Reason"),
        min_length=5,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Stands in the audit log, with your name."),
    )


class AmountField(forms.CharField):
    """Kroner and ører as people type them, in minor units; None when nothing was typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput({"inputmode": "decimal"}), max_length=20, **options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            amount = read_amount(text)
        except ValueError:
            raise forms.ValidationError(_("Type an amount such as 129.50."), code="amount") from None
        if not 0 < amount <= MAX_AMOUNT:
            raise forms.ValidationError(_("The amount must be above zero, and one that a sale can have."), code="range")
        return amount


class HandForm(forms.Form):
    """What a record was that nobody can read, in the words of a person who knows."""

    pos = forms.TypedChoiceField(label=_("POS"), coerce=int)
    date = forms.DateField(label=_("Date of the sale"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
    total = AmountField(label=_("Total with VAT"))
    rate_1 = AmountField(label=_("VAT rate in percent"), required=False, initial="25")
    gross_1 = AmountField(label=_("Of the total at this rate, with VAT"), required=False)
    rate_2 = AmountField(label=_("Second VAT rate, if there was one"), required=False)
    gross_2 = AmountField(label=_("Of the total at the second rate"), required=False)
    untaxed = AmountField(label=_("Of the total free of VAT"), required=False)
    cash = AmountField(label=_("Paid in cash"), required=False)
    card = AmountField(label=_("Paid by card"), required=False)
    reason = TextField(
        label=_("Reason"),
        min_length=5,
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("How you know these figures. Stands in the audit log, with your name."),
    )

    def __init__(self, *args: Any, store: Store, place: Place, now: dt.datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.place, self.now = store.chain.currency, place, now
        of_store = Pos.objects.filter(store=store).order_by("number")
        self.fields["pos"] = forms.TypedChoiceField(
            label=_("POS"), coerce=int, choices=[(each.number, f"{each.number} {each.name}") for each in of_store]
        )

    def clean_date(self) -> dt.date:
        day: dt.date = self.cleaned_data["date"]
        if not is_plausible_day(day, self.place, self.now):
            raise forms.ValidationError(_("The day must be today or one of the last 400 days."))
        return day

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if self.errors:
            return said
        gross = self._by_rate(said)
        paid = (TenderSum("CASH", said["cash"] or 0), TenderSum("CARD", said["card"] or 0))
        figures = Figures(
            pos=said["pos"],
            date=said["date"],
            currency=self.currency,
            total=said["total"],
            vat=tuple(Vat(rate, amount, included_vat(amount, rate)) for rate, amount in gross),
            payments=tuple(each for each in paid if each.amount),
        )
        if len({rate for rate, _amount in gross}) < len(gross):
            self.add_error("rate_2", _("The same rate stands there twice."))
        if sum(amount for _rate, amount in gross) != figures.total:
            self.add_error("total", _("The amounts by VAT rate do not add up to the total."))
        if not figures.payments or not rounds_well(figures):
            self.add_error("cash", _("What was paid does not add up to the total."))
        if not self.errors and figures_fault(figures):
            raise forms.ValidationError(figures_fault(figures))
        said["figures"] = figures
        return said

    def _by_rate(self, said: dict[str, Any]) -> list[tuple[int, int]]:
        pairs = [(said["rate_1"], said["gross_1"], "rate_1"), (said["rate_2"], said["gross_2"], "rate_2")]
        for rate, amount, field in pairs:
            if amount and (rate is None or rate > MAX_RATE):
                self.add_error(field, _("Type the rate in percent, at most 100."))
        gross = [(rate, amount) for rate, amount, _field in pairs if rate is not None and amount]
        return [*gross, (0, said["untaxed"])] if said["untaxed"] else gross
