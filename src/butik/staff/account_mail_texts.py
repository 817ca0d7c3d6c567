"""What mails about accounts say: the subject, then each paragraph. Plain text; no link but one that was asked for."""

from django.utils.translation import gettext_lazy as _

from butik.staff.models import AccountMail

_NOT_YOU = _("If that was not you, tell your administrator at once: somebody else may be in your account.")
_ACCOUNT = _("It is about %(address)s at %(service)s.")

TEXTS = {
    AccountMail.Kind.RESET: (
        _("Choose a new password"),
        _("Somebody asked for a new password for %(address)s at %(service)s. Choose it here:"),
        "%(link)s",
        _("The link works once, for half an hour. Your second factor is asked for as always when you sign in."),
        _("If that was not you, do nothing: your password stays as it is."),
    ),
    AccountMail.Kind.PASSWORD_CHANGED: (
        _("Your password was changed"),
        _("Your password was changed. Other browsers that were signed in must sign in anew."),
        _ACCOUNT,
        _NOT_YOU,
    ),
    AccountMail.Kind.SECOND_FACTOR_CHANGED: (
        _("Your second factor was changed"),
        _("A passkey, an authenticator app or recovery codes were added or taken away."),
        _ACCOUNT,
        _NOT_YOU,
    ),
    AccountMail.Kind.ADDRESS_CHANGED: (
        _("You sign in with another address now"),
        _("An administrator changed the address that you sign in with."),
        _ACCOUNT,
        _NOT_YOU,
    ),
}
