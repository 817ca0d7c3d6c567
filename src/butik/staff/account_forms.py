"""Forms of the account in which somebody may be wrong: each try is counted (`tries.py`)."""

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from butik.lib.clock import now
from butik.staff.models import Person
from butik.staff.sign_in import counted_try
from butik.staff.tries import TooManyTries, once, take_try


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
