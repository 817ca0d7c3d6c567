"""Forms of articles and their imports."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from butik.articles.import_file import LARGEST_FILE
from butik.articles.import_options import ImportOptions, check_options
from butik.articles.models import ArticleGroup
from butik.articles.words import FileProblem
from butik.organisation.models import Chain


class ArticleFilter(forms.Form):
    """The address of the list of articles."""

    q = forms.CharField(label=_("Beginning of text, number or barcode"), max_length=60, required=False)

    def __init__(self, *args: Any, chains: list[Chain], chain: Chain, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = ArticleGroup.objects.filter(organisation_id=chain.organisation_id, chain=chain).order_by("name")
        named = [("", _("All groups")), *((str(each.pk), each.name) for each in groups)]
        self.fields["group"] = forms.ChoiceField(label=_("Group"), required=False, choices=named)
        if len(chains) > 1:
            choices = [(str(each.pk), each.name) for each in chains]
            self.fields["chain"] = forms.ChoiceField(label=_("Chain"), required=False, choices=choices)


class ImportForm(forms.Form):
    """A file and what is said about it."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("From your article system or a spreadsheet; may be packed with gzip. At most 100 MB."),
    )
    changes = forms.BooleanField(label=_("The file holds changes only (a column says add, chg or del)"), required=False)
    vat = forms.CharField(
        label=_("VAT for all articles, in percent"), max_length=6, required=False,
        help_text=_("When the file has no column for it."),
    )  # fmt: skip
    columns = forms.CharField(
        label=_("Names of columns"), required=False, widget=forms.Textarea({"rows": 3, "class": "font-monospace"}),
        help_text=_("Only for columns with names of their own. One on each line: price=Udsalg, or by number: price=#4"),
    )  # fmt: skip
    filters = forms.CharField(
        label=_("Only rows with"), required=False, widget=forms.Textarea({"rows": 2, "class": "font-monospace"}),
        help_text=_("One on each line: chain=Shufersal"),
    )  # fmt: skip
    encoding = forms.CharField(
        label=_("Encoding"), max_length=20, required=False, help_text=_("Empty: it is found out.")
    )
    decimal = forms.ChoiceField(
        label=_("Decimal mark"), required=False,
        choices=[("", _("It is found out")), (",", _("Comma: 12,50")), (".", _("Point: 12.50"))],
    )  # fmt: skip
    dates = forms.ChoiceField(
        label=_("Dates"), required=False,
        choices=[
            ("", _("It is found out")), ("DMY", _("Day, month, year")), ("MDY", _("Month, day, year")),
            ("YMD", _("Year, month, day")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, chains: list[Chain], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), each.name) for each in chains]
        only = len(choices) == 1
        self.fields["chain"] = forms.ChoiceField(
            label=_("Chain"),
            choices=choices,
            initial=choices[0][0] if only else None,
            widget=forms.HiddenInput() if only else forms.Select(),
        )

    def clean_file(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than 100 MB. Split it, or leave out columns."))
        return file

    def clean_columns(self) -> dict[str, str]:
        return _pairs(self.cleaned_data["columns"])

    def clean_filters(self) -> dict[str, str]:
        return _pairs(self.cleaned_data["filters"])

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                check_options(self.options())
            except FileProblem as problem:
                self.add_error("columns", str(problem))
        return self.cleaned_data

    def options(self) -> ImportOptions:
        said = self.cleaned_data
        return ImportOptions(
            columns=said["columns"],
            constants={"vat": said["vat"]} if said["vat"] else {},
            filters=said["filters"],
            changes=said["changes"],
            encoding=said["encoding"],
            decimal=said["decimal"],
            dates=said["dates"],
        )


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = line.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise forms.ValidationError(_("“%(line)s” is not NAME=VALUE."), params={"line": line})
        pairs[name.strip()] = value.strip()
    return pairs
