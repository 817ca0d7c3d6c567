"""How pages show moments, ages, money and states: one way for all of them."""

from datetime import date, datetime

from django import template
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from butik.lib.clock import now, to_wire
from butik.lib.money import format_minor

register = template.Library()

SHAPES = {"ok": "●", "alert": "▲", "down": "■", "unknown": "○"}


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("vendor/icons.svg"), name
    )


@register.simple_tag
def state(kind: str, word: str, fresh_until: datetime | None = None, stale_word: str = "") -> SafeString:
    """A shape, a word and a colour. What has an end of freshness turns grey by itself (pages.js)."""
    shape = SHAPES[kind]
    if fresh_until is None:
        return format_html('<span class="state state-{}"><i aria-hidden="true">{}</i> {}</span>', kind, shape, word)
    return format_html(
        '<span class="state state-{}" data-fresh-until="{}" data-stale-word="{}"><i aria-hidden="true">{}</i> '
        "<span>{}</span></span>",
        kind,
        to_wire(fresh_until),
        stale_word,
        shape,
        word,
    )


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A moment; pages.js turns it into the person's own time, the exact one is in the title."""
    if value is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}" data-moment>{}</time>', to_wire(value), _exact(value), full_moment(value)
    )


@register.filter
def exactly(value: datetime | None) -> SafeString | str:
    """A moment with seconds and zone, as lists of evidence show it."""
    return "–" if value is None else format_html('<time datetime="{}">{}</time>', to_wire(value), _exact(value))


@register.filter
def age(value: datetime | None) -> SafeString | str:
    """How long ago, ageing by itself; in silence, wherever it stands: a screen reader reads it once."""
    if value is None:
        return _("never")
    seconds = int((now() - value).total_seconds())
    return format_html(
        '<time datetime="{}" title="{}" data-age aria-live="off">{}</time>', to_wire(value), _exact(value), ago(seconds)
    )


def ago(seconds: int) -> str:
    """Say an age in its largest whole unit; pages.js says the same with the words of `age_words`."""
    words = age_words()
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return words[unit].replace("#", str(seconds // length))
    return words["s"].replace("#", str(seconds)) if seconds >= 10 else words["now"]


@register.simple_tag
def age_words() -> dict[str, str]:
    return {
        "now": _("just now"),
        # Translators: # is the number
        "s": _("# s ago"),
        "min": _("# min ago"),
        "h": _("# h ago"),
        "d": _("# d ago"),
    }


@register.filter
def day(value: date) -> str:
    """A business day with its weekday, short."""
    # Translators: a date format of Django, as in Sat 14 Nov
    return formats.date_format(value, _("D j M"))


@register.filter
def full_day(value: date) -> str:
    # Translators: a date format of Django, as in 14 Nov 2026
    return formats.date_format(value, _("j M Y"))


@register.filter
def full_moment(value: datetime) -> str:
    """Of the template's own time zone: what was printed does not change with who looks."""
    local = timezone.localtime(value)
    return f"{full_day(local)} {local:%H:%M}"


def _exact(value: datetime) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S %z")


@register.filter
def money(value: int | None) -> str:
    """Minor units as people read them in their language; the currency is said once, beside the column."""
    return "–" if value is None else formats.number_format(format_minor(value), 2, use_l10n=True, force_grouping=True)


@register.filter
def quantity(milli: int) -> str:
    """Thousandths, without needless zeros."""
    whole, rest = divmod(abs(milli), 1000)
    sign = "-" if milli < 0 else ""
    if not rest:
        return f"{sign}{whole}"
    return sign + formats.number_format(f"{whole}.{rest:03d}".rstrip("0"), use_l10n=True)


@register.filter
def percent(rate: int) -> str:
    """A VAT rate in hundredths of a percent."""
    return formats.number_format(f"{rate / 100:g}", use_l10n=True) + " %"


@register.filter
def styled(field: BoundField) -> SafeString:
    """The field's control in the frame's look."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput | RadioSelect):
        look = "form-check-input"
    elif isinstance(widget, Select):
        look = "form-select"
    else:
        look = "form-control"
    wrong = " is-invalid" if field.errors else ""
    extra: dict[str, str | bool] = {"class": f"{widget.attrs.get('class', '')} {look}{wrong}".strip()}
    return field.as_widget(attrs=extra)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def has_file(form: object) -> bool:
    return any(isinstance(field.field.widget, FileInput) for field in form)  # type: ignore[attr-defined]
