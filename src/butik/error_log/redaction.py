"""What must never stand in the error log is taken out before it is kept, and again when a chain takes it in. Pure.

Every pattern takes a time that grows with the text and no faster, whatever a stranger puts into it: each repetition
has an upper bound, but for one at the very end of a pattern, which cannot fail (a test takes the patterns apart).
"""

import re

_SIGN = r"""\\?["']?\]?\s{0,9}(?:=>|[:=])\s{0,9}"""  # between a name and its value: in JSON, a repr, a form, a header
_VALUE = r"""(?:b?\\?"[^"\n]{1,2000}"?|b?\\?'[^'\n]{1,2000}'?|[^\s'",;&)}\]]{4,})"""
_FOUR = "[0-9A-HJKMNP-TV-Z]{4}"  # of the letters that codes are made of
_KEPT = r"(?!['\"]{0,2}(?:None|null|True|true|False|false)\b|\[removed\])"  # values that say something and tell nothing

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        # keys that are known by their looks, first: they hold line breaks, which others stop at
        (r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\w\s+/=:,.\\-]*", "[removed]"),
        (r"(?m)^[ \t]{0,20}[A-Za-z0-9+/]{60,76}={0,2}[ \t]{0,20}$", "[removed]"),
        (r"(?i)\bAGE-(?:SECRET-KEY|PLUGIN)-[\w-]+", "[removed]"),
        # signed documents, proofs and tokens; a header's whole value with it
        (
            (
                r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-csrftoken|x-api-key|butik-certificate)"
                rf"({_SIGN}).*"
            ),
            r"\1\2[removed]",
        ),
        (r"\b(?:Butik|Bearer|Basic|Digest|Token)\s{1,9}[\w.~+/=-]{8,}", "[removed]"),
        (r"\beyJ[\w.-]{6,}", "[removed]"),
        (r"(?i)(reset/key/|[?&#](?:code|key|token|invitation)=)[^\s'\"<>&]+", r"\1[removed]"),
        # passwords in addresses: up to the last @, since they may hold one themselves
        (r"(?<!\w)(\w{1,20}://)[^\s/'\"]{0,300}@", r"\1[removed]@"),
        (r"(?<!\w)(\w{1,20}://)[^\s/'\":]{0,80}:[^\s'\"]{0,300}@", r"\1[removed]@"),
        # names whose values are secrets, whatever stands before the name
        (
            (
                rf"(?i)(pass(?:word|phrase|code|wd)\d{{0,2}}|mnemonic|adgangskode)({_SIGN}){_KEPT}"
                rf"(?:b?\\?\"[^\"\n]{{1,2000}}\"?|b?\\?'[^'\n]{{1,2000}}'?|[^\s'\",;)}}\]].*)"
            ),
            r"\1\2[removed]",
        ),
        (
            (
                r"(?i)(secret|token|session(?:[_-]?(?:id|key))?|csrf(?:token)?|recovery[_-]?codes?)"
                rf"({_SIGN}){_KEPT}{_VALUE}"
            ),
            r"\1\2[removed]",
        ),
        (
            rf"(?i)(?<![a-z])(pin|pinkode|key|seed|code|kode|otp|totp|pwd|salt|verifier)({_SIGN}){_KEPT}{_VALUE}",
            r"\1\2[removed]",
        ),
        (r"(?i)\b(pin(?:-?kode)?|code|koden?|otp|totp)\s{1,9}(?:(?:was|is|er|var)\s{1,9})?\d{4,10}\b", r"\1 [removed]"),
        # an enrolment code or a recovery key, as shown to people and as typed by them; ids of rows are longer
        (rf"(?<![\w-]){_FOUR}(?:-{_FOUR}){{1,15}}(?![\w-])", "[removed]"),
        (rf"(?i)(?<![\w-])(?=[a-z -]{{0,80}}\d){_FOUR}(?:[ -]{_FOUR}){{1,15}}(?![\w-])", "[removed]"),
        (r"(?i)(?<![\w.-])(?=[a-z]{0,7}\d)(?=\d{0,7}[a-z])[0-9A-HJKMNP-TV-Z]{8}(?![\w.-])", "[removed]"),
        # a raw key in base64url: long, and of all kinds of letters
        (
            r"(?<![\w/.-])(?=[\w-]{0,60}[a-z])(?=[\w-]{0,60}[A-Z])(?=[\w-]{0,60}\d)[\w-]{40,}",
            "[removed]",
        ),
        # PostgreSQL tells the whole row that it refused
        (r"(?m)^(DETAIL:).*", r"\1 [removed]"),
    )
)
_DIGITS = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PATTERNS = (*(pattern for pattern, _ in _SECRETS), _DIGITS, _CONTROL)
LONGEST = 40_000  # letters that are looked through at a time
_EDGE = 2_000  # letters beside a cut within which a line or a word is looked for


def redact(text: str) -> str:
    """Take out what looks like a secret or a card number, and control characters. Of a long text the ends are kept."""
    text = shorten(text, LONGEST)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _CONTROL.sub("\ufffd", _DIGITS.sub(_hide_card, text))


def shorten(text: str, length: int) -> str:
    """The two ends of a text, cut where a line or a word ends: half a secret no longer looks like one."""
    if len(text) <= length:
        return text
    half = length // 2
    return f"{_whole_to_the_left(text[:half])} … {_whole_to_the_right(text[-half:])}"


def _whole_to_the_left(text: str) -> str:
    edge = max(0, len(text) - _EDGE)
    cut = max(text.rfind("\n", edge), 0) or max((text.rfind(blank, edge) for blank in " \t"), default=0)
    return text[: max(cut, 0)]


def _whole_to_the_right(text: str) -> str:
    cut = text.find("\n", 0, _EDGE)
    if cut < 0:
        cut = min((place for blank in " \t" if (place := text.find(blank, 0, _EDGE)) >= 0), default=len(text))
    return text[cut:]


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
