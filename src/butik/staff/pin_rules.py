"""Which PINs are refused because they are the first that anybody would try."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from butik.lib.bounds import MAX_PIN
from butik.staff.pins import NEW_PIN

STAIRS = "01234567890"


def check_pin_choice(pin: str) -> None:
    """Raise ValidationError, in words for the person who chooses, unless the PIN is 6-8 digits and not a pattern."""
    if not (pin.isascii() and pin.isdigit() and NEW_PIN <= len(pin) <= MAX_PIN):
        raise ValidationError(_("A PIN has 6 to 8 digits."))
    if len(set(pin)) == 1:
        raise ValidationError(_("All digits are the same. Choose another PIN."))
    if pin in STAIRS or pin in STAIRS[::-1]:
        raise ValidationError(_("The digits stand in a row. Choose another PIN."))
    if pin in (pin * 2)[1:-1]:
        raise ValidationError(_("The PIN repeats itself. Choose another PIN."))
