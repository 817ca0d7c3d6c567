from django import forms
from django.utils.translation import gettext_lazy as _


class KeyForm(forms.Form):
    key = forms.CharField(
        label=_("Recovery key"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
