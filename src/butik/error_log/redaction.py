"""What must never stand in the error log is taken out before it is kept, and again when a chain takes it in. Pure."""

import re

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    # signed documents, proofs and tokens; a header's whole value with it
    (re.compile(r"(?i)\b(authorization|cookie|set-cookie|x-csrftoken)(['\"]?\s*[:=]\s*).*"), r"\1\2[removed]"),
    (re.compile(r"\b(?:Butik|Bearer|Basic)\s+[\w.~+/=-]{8,}"), "[removed]"),
    (re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]+){0,2}"), "[removed]"),
    (
        re.compile(
            r"(?i)\b(pin|password|passcode|secret|token|key|code)(['\"]?\s*[:=]\s*['\"]?)(?!None\b)[^\s'\",;)}\]]{4,}"
        ),
        r"\1\2[removed]",
    ),
    (re.compile(r"(?i)\b(pin)\s+(?:was\s+|is\s+)?\d{4,8}\b"), r"\1 [removed]"),
    # an enrolment code, as it is shown to people
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b"), "[removed]"),
    # passwords in addresses
    (re.compile(r"(\w+://[^\s:/@]+:)[^\s/@]+@"), r"\1[removed]@"),
    # PostgreSQL tells the whole row that it refused
    (re.compile(r"(?m)^(DETAIL:).*$"), r"\1 [removed]"),
)
_DIGITS = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def redact(text: str) -> str:
    """Take out what looks like a secret or a card number, and control characters."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROL.sub("\ufffd", _DIGITS.sub(_hide_card, text))


def _hide_card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return "[removed]" if _is_luhn(digits) else found[0]


def _is_luhn(digits: str) -> bool:
    """Card numbers end in a check digit of this kind; barcodes end in one of another."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
