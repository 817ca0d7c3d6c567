"""What differs from one backup of a store to the next, in words."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DIFFERENCES: "dict[str, _StrPromise]" = {
    "EMERGENCY": _("It came while the emergency was active"),
    "PIN": _("Shop assistants whose PIN changed without a new PIN being given"),
    "NUMBER": _("Shop assistants' numbers that now belong to somebody else"),
    "RIGHTS": _("Shop assistants with wider rights than before"),
    "STAFF_GONE": _("Shop assistants who are gone"),
    "STAFF_NEW": _("New shop assistants"),
    "DEVICE_KEY": _("Devices with another key, or at another POS"),
    "DEVICES_NEW": _("New devices that have never shown themselves here"),
    "COMPANY": _("Another company is paid: its VAT number"),
    "COUNTER": _("Receipt series that stand lower than before"),
    "SERIES_GONE": _("Receipt series that are gone"),
    "ZERO": _("Articles that now cost nothing"),
    "TENFOLD": _("Articles that cost about ten times as much, or a tenth"),
    "PRICES": _("Articles with another price"),
    "GONE": _("Articles that are gone or barred"),
    "ARTICLES_NEW": _("New articles"),
    "VAT": _("Articles with another VAT rate"),
}
