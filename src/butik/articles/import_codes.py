"""Barcodes and numbers as spreadsheets leave them: guarded, grouped, turned into numbers, several in a cell. Pure.

What can be read in one way only is read that way; what a spreadsheet has cut is refused, since the code is lost.
"""

import re

from django.utils.translation import gettext_noop

from butik.articles.words import Refusal, Said, say
from butik.lib.barcodes import GTIN_LENGTHS, MAX_CODE, is_gtin, normalise_code

SHORT_CODE = gettext_noop("The code “%(code)s” is not an EAN or UPC; taken as the shop's own.")
BAD_DIGIT = gettext_noop("The check digit of “%(code)s” is wrong; taken as it is.")
NO_CODE = gettext_noop("“%(code)s” stands where a barcode would; taken as none.")
_CUT_BY_SHEET = gettext_noop(
    "“%(code)s” is what a spreadsheet made of a long code; its last digits are lost. Format the column as text, fill it"
    " in again, and save the file anew."
)
_ONE_OR_SEVERAL = gettext_noop("“%(code)s” can be one code or several. Part several with |, or write one without gaps.")

Codes = tuple[tuple[str, int], ...]  # (normal form, thousandths that it stands for), sorted

_GUARD = re.compile(r'="([^"]*)"')
_SCIENTIFIC = re.compile(r"\d+[.,]\d+e\+?\d+|\d+e\+\d+", re.ASCII | re.IGNORECASE)  # 12E5 may be a shop's own
_FLOAT_TAIL = re.compile(r"(\d+)[.,]0+", re.ASCII)
_GAPS = re.compile("[\\s.,'’\u2010-\u2015-]+")  # what people group digits with: gaps, points, all kinds of dashes


def unwrap(text: str) -> str:
    """A cell without what Excel puts around a text so that it stays one: ="0012"."""
    match = _GUARD.fullmatch(text.strip()) if "=" in text else None
    return match[1] if match else text


def unguard(text: str) -> str:
    """A cell of digits without its guard: ="0012" or '0012."""
    plain = unwrap(text).strip()
    return plain[1:].strip() if plain.startswith("'") and plain[1:2].isdigit() else plain


def read_number(text: str) -> str:
    """An article's number; empty if there is none."""
    number = unguard(text)
    if _SCIENTIFIC.fullmatch(number):
        raise Refusal(_CUT_BY_SHEET, code=number)
    match = _FLOAT_TAIL.fullmatch(number)
    number = match[1] if match else number
    if len(number) > MAX_CODE or not number.isprintable() or not number.isascii():
        raise Refusal(gettext_noop("The number “%(number)s” is longer than 20 plain characters."), number=number)
    return number


def read_codes(text: str, remarks: list[Said]) -> Codes:
    """Codes parted by |, lines or gaps; `5701234567899*24` is a code that stands for 24 pieces."""
    plain = text.strip()
    if plain.isdigit() and plain.isascii() and len(plain) <= MAX_CODE:
        return ((_checked(plain, remarks), 1000),)
    plain = unguard(plain)
    codes: dict[str, int] = {}
    for part in re.split(r"[|;\r\n]", plain):
        for piece in _pieces(unguard(part)):
            if not any(map(str.isalnum, piece)):
                remarks.append(say(NO_CODE, code=piece))
                continue
            code, quantity = _read_one(piece, remarks)
            codes[code] = quantity
    return tuple(sorted(codes.items()))


def _pieces(part: str) -> list[str]:
    """One code whose digits a person has grouped, or several that stand side by side."""
    if _SCIENTIFIC.fullmatch(part):
        return [part]
    match = _FLOAT_TAIL.fullmatch(part)
    if match:
        return [match[1]]
    joined = _GAPS.sub("", part)
    if is_gtin(joined):
        return [joined]
    pieces = part.split()
    if len(pieces) == 1:
        several = [piece for piece in re.split(r"[,/+]", part) if piece]
        return several if several and all(map(_is_whole, several)) else pieces
    pieces = [piece.strip(",/+") for piece in pieces if piece.strip(",/+")]
    if joined.isdigit() and not all(map(_is_whole, pieces)):
        raise Refusal(_ONE_OR_SEVERAL, code=part)
    return pieces


def _is_whole(piece: str) -> bool:
    """A piece that is a code by itself, not the group of another's digits."""
    code = piece.partition("*")[0]
    return is_gtin(code) or (code.isdigit() and len(code) >= min(GTIN_LENGTHS)) or not _GAPS.sub("", code).isdigit()


def _read_one(piece: str, remarks: list[Said]) -> tuple[str, int]:
    code, _, times = piece.partition("*")
    code = unguard(code)
    if _SCIENTIFIC.fullmatch(code):
        raise Refusal(_CUT_BY_SHEET, code=code)
    if len(code) > MAX_CODE or not (code.isascii() and code.isprintable()):
        raise Refusal(gettext_noop("The barcode “%(code)s” is longer than 20 plain characters."), code=code)
    if times and not (times.isascii() and times.isdigit() and 0 < int(times) <= 9999):
        raise Refusal(gettext_noop("“%(times)s” is not how many pieces a barcode stands for."), times=times)
    if not any(map(str.isalnum, code)):
        raise Refusal(gettext_noop("“%(code)s” is not a barcode."), code=piece)
    if not code.isdigit():
        if times:
            raise Refusal(
                gettext_noop("Only a barcode of digits can stand for several pieces, not “%(code)s”."), code=code
            )
        remarks.append(say(SHORT_CODE, code=code))
        return normalise_code(code), 1000
    return _checked(code, remarks), int(times or 1) * 1000


def _checked(code: str, remarks: list[Said]) -> str:
    """The normal form of a code of digits, with a remark when it is none of the standard ones."""
    plain = code.lstrip("0")
    if not plain:
        raise Refusal(gettext_noop("The barcode is only zeros."))
    if len(plain) > 14 or (len(plain) < 8 and len(code) not in GTIN_LENGTHS):
        remarks.append(say(SHORT_CODE, code=code))
        return plain
    digits = plain.encode()
    # weights 1 and 3 from the right, over the digits' ASCII values (48 + digit): three times as fast as digit by digit
    weighed = sum(digits[::-2]) + 3 * sum(digits[-2::-2]) - 48 * (len(digits[::-2]) + 3 * len(digits[-2::-2]))
    if weighed % 10:
        if len(plain) >= 12 and plain.endswith("000000") and not plain.startswith("2"):  # 2: a scale label's template
            raise Refusal(_CUT_BY_SHEET, code=code)
        remarks.append(say(BAD_DIGIT, code=code))
    return plain
