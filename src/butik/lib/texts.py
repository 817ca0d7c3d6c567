"""Texts that people type, as they are kept: composed, and without signs that nobody sees.

The device does the same with what it signs (`readable` in pos/src/shop/texts.ts), the import with its articles: so one
name has one spelling, wherever it was typed, and none looks like another or turns the line around it.
"""

import re
import unicodedata
from typing import Any

from django import forms

_CONTROLS = re.compile("[\u0000-\u001f\u007f-\u009f\u2028\u2029]")
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_HALVES = re.compile("[\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Composed (NFC), in one line with single spaces, without zero-width and bidi signs."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    seen = _UNSEEN.sub("", _CONTROLS.sub(" ", _HALVES.sub("\ufffd", text)))
    return " ".join(unicodedata.normalize("NFC", seen).split())


class TextField(forms.CharField):
    """A line that a person types: a name, a reason. Its length is counted in what is kept."""

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        return plain_text(text) if text else text
