"""Which letters the bytes of a file stand for. In bounded memory: a file is read on until its first letter tells."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder, lookup
from typing import BinaryIO

from django.utils.translation import gettext_noop

from butik.articles.words import FileProblem

SAMPLE = 256 * 1024
# What shops' systems write that do not write UTF-8: Windows, DOS, Mac.
NORDIC_ENCODINGS = ("cp1252", "cp850", "mac_roman")
EXPECTED = frozenset("æøåÆØÅäöÄÖüÜéÉèêáàâëïíóôúçñßðþÐÞ½€£§®°\u00a0")
OLD_ENCODINGS = ["cp1252", "cp850", "mac_roman", "cp1250", "cp1255"]
# What the first byte of a Nordic letter in UTF-8 looks like in them; no shop's text has these by itself.
_LEADS = re.compile(f"[{''.join(bytes((0xC2, 0xC3)).decode(name) for name in NORDIC_ENCODINGS)}]")


def checked_encoding(name: str) -> str:
    """The encoding that a person named; raise FileProblem if there is none of that name."""
    try:
        return lookup(name).name
    except LookupError:
        raise FileProblem(gettext_noop("There is no encoding “%(encoding)s”."), encoding=name) from None


def find_encoding(sample: bytes, rest: BinaryIO) -> str:
    """Find it by the beginning of a file; by what follows, if the beginning is plain ASCII and tells nothing."""
    for mark, name in ((BOM_UTF8, "utf-8-sig"), (BOM_UTF16_LE, "utf-16"), (BOM_UTF16_BE, "utf-16")):
        if sample.startswith(mark):
            return name
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    while sample.isascii():
        sample = rest.read(SAMPLE)
        if not sample:
            return "utf-8"
        # the first letter that tells may be cut in two by the end of what was read
        sample = sample if sample.isascii() else sample + rest.read(SAMPLE)
    try:
        getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _old_encoding(sample)
    return "utf-8"


def _old_encoding(sample: bytes) -> str:
    """One byte a letter: the encoding in which what is not ASCII becomes letters that shops here write."""
    foreign = b"".join(line for line in sample.splitlines() if not _is_utf_8(line))
    special = bytes(each for each in foreign if each > 127)
    shares = {
        name: sum(letter in EXPECTED for letter in special.decode(name, "replace")) / len(special)
        for name in NORDIC_ENCODINGS
    }
    best = max(shares, key=lambda name: shares[name])
    if shares[best] > 0.8:
        return best
    from charset_normalizer import from_bytes  # large, and needed by few files

    guess = from_bytes(sample, cp_isolation=OLD_ENCODINGS).best()
    return guess.encoding if guess else best


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_garbled(text: str) -> bool:
    """Whether UTF-8 was taken for another encoding on the way here: two odd letters for each ø.

    No text that people write becomes valid UTF-8 that way by chance.
    """
    return bool(_LEADS.search(text)) and any(_was_utf_8(text, encoding) for encoding in NORDIC_ENCODINGS)


def _was_utf_8(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return False
    return True
