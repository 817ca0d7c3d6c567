"""Forms of the account in which somebody may be wrong: each try is counted (`tries.py`)."""

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.forms import EmailField, EmailInput, Form
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from butik.lib.clock import now
from butik.organisation.guesses import address_of
from butik.staff.addresses import normal_address
from butik.staff.models import Person
from butik.staff.sign_in import counted_try
from butik.staff.tries import TooManyTries, once, reset_counters, take_try


class _CountedCode:
    """A code of the second factor. One from an app is good a single time, in whatever process it was shown before."""

    user: Person
    authenticator: Authenticator

    def clean_code(self) -> str:
        with counted_try(context.request, self.user.email, "code") as tried:
            code: str = super().clean_code()  # type: ignore[misc]
            if self.authenticator.type == Authenticator.Type.TOTP:
                self._use_up(code)
            tried.right = True
        return code

    def _use_up(self, code: str) -> None:
        try:
            take_try(once("totp", self.user.pk.hex, code.replace(" ", "")), now())
        except TooManyTries as used:
            raise ValidationError(_("This code has been used. Wait for the next one.")) from used


class CodeForm(_CountedCode, AuthenticateForm):  # type: ignore[misc]
    pass


class CodeAgainForm(_CountedCode, ReauthenticateForm):  # type: ignore[misc]
    pass


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> str:
        """Whoever sits down at an open browser may not guess on for ever."""
        with counted_try(context.request, self.user.email, "password") as tried:
            said: str = super().clean_oldpassword()
            tried.right = True
        return said


class ForgottenPasswordForm(Form):
    email = EmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=EmailInput({"autocomplete": "email", "autofocus": True}),
    )

    def clean_email(self) -> str:
        """Bounded for whoever asks and for whoever is written to, known or not: nobody's mailbox is filled by this."""
        address = normal_address(self.cleaned_data["email"])
        try:
            take_try(reset_counters(address, address_of(context.request)), now())
        except TooManyTries as refusal:
            raise ValidationError(
                _("Too many mails were asked for. Look in your mailbox, or try again later.")
            ) from refusal
        return address
