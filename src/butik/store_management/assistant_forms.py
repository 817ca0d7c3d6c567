"""Forms about shop assistants."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from butik.lib.texts import TextField
from butik.organisation.models import Store
from butik.staff.models import ShopAssistant
from butik.staff.pin_rules import check_pin_choice


def _pin_field(label: Any, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput({"inputmode": "numeric", "autocomplete": "new-password", "maxlength": "8"})
    return forms.CharField(label=label, max_length=8, widget=widget, **options)


class PinForm(forms.Form):
    pin = _pin_field(_("PIN"), validators=[check_pin_choice], help_text=_("6 to 8 digits, not 123456 and not 000000."))
    pin_again = _pin_field(_("PIN again"))

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if "pin" in said and said["pin"] != said.get("pin_again"):
            self.add_error("pin_again", _("The two PINs differ."))
        return said


class AssistantForm(forms.Form):
    name = TextField(label=_("Name"), max_length=60, help_text=_("Stands on the POS, not on receipts."))
    role = forms.ChoiceField(label=_("Role"), choices=ShopAssistant.Role.choices)
    is_active = forms.BooleanField(label=_("Works here"), required=False)


class NewAssistantForm(PinForm):
    number = forms.CharField(
        label=_("Number"),
        max_length=10,
        validators=[RegexValidator(r"^[1-9][0-9]*$", _("Digits only, not starting with 0."))],
        widget=forms.TextInput({"inputmode": "numeric"}),
        help_text=_("The staff ID at the POS. Stands on receipts and is fixed from now on."),
    )
    name = TextField(label=_("Name"), max_length=60, help_text=_("Stands on the POS, not on receipts."))
    role = forms.ChoiceField(label=_("Role"), choices=ShopAssistant.Role.choices)
    field_order = ["number", "name", "role", "pin", "pin_again"]

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store = store

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        if ShopAssistant.objects.filter(store=self.store, number=number).exists():
            raise forms.ValidationError(_("This number is taken, perhaps by somebody who has left."))
        return number
