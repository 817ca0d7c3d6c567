"""The calendar of backups in words, for who does not see it."""

from collections import Counter
from collections.abc import Sequence

from django import template
from django.utils.translation import gettext as _

from butik.emergency.board import Dot

register = template.Library()


@register.simple_tag
def emergency_dots_label(dots: Sequence[Dot]) -> str:
    counts = Counter(dot.kind for dot in dots)
    return _("Of the last %(days)d days: %(ok)d with a proven backup, %(refused)d refused, %(none)d without") % {
        "days": len(dots),
        "ok": counts["ok"],
        "refused": counts["down"],
        "none": counts["unknown"],
    }
