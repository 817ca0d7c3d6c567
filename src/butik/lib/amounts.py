"""Amounts that people type, read strictly: no guess that could make ten out of ten thousand."""

import re

# digits in groups of three with one kind of separator, or without; then perhaps a comma or point and one or two digits
_AMOUNT = re.compile(
    r"^(?P<sign>-?)(?P<whole>\d{1,3}(?:(?P<mark>[., ])\d{3})(?:(?P=mark)\d{3})*|\d{1,12})"
    r"(?:(?P<point>[.,])(?P<rest>\d{1,2}))?$"
)


def read_amount(text: str) -> int:
    """Minor units of `1.234,50`, `1,234.50`, `1234.5` or `12`; ValueError for anything that could mean two things."""
    found = _AMOUNT.match(text.strip())
    if not found or (found["mark"] and found["mark"] == found["point"]):
        raise ValueError("not an amount")
    if found["mark"] in {".", ","} and not found["point"]:
        raise ValueError("1.234 may be one or a thousand")
    whole = int(re.sub(r"\D", "", found["whole"]))
    amount = whole * 100 + int((found["rest"] or "0").ljust(2, "0"))
    return -amount if found["sign"] else amount
