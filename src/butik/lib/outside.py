"""The one way in which JSON from outside is read: of devices, stores, clouds, files and people's uploads.

Size and depth are looked at before anything is decoded, by the same bounds at every hop (lib/bounds.py): the depth that
one process can still read depends on how deep its own stack is, so a record might pass the first hop and stop the next.
Whatever is wrong with the bytes is one error, `BadDocument`. A `MemoryError` is not: what passed the bounds is small,
so it is the machine that has no memory, and the same bytes can be read later.
"""

import re
from functools import cache
from typing import Any, TypeVar

import msgspec

from butik.lib.bounds import MAX_DEPTH, MAX_DOCUMENT

T = TypeVar("T")
Bytes = bytes | msgspec.Raw

# What decoding can say of bytes: UnicodeDecodeError is a ValueError, as is a number of too many digits.
_FAULTS = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)

_BRACKETS = b'[]{}"'
_ALL_ELSE = bytes(set(range(256)) - set(_BRACKETS))
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_TEXT = re.compile(rb'"[^"]*"')


class BadDocument(Exception):
    """What came is malformed, too large or too deep, of another type, or not signed by the key that was expected."""


def read_json(data: Bytes, decoder: "msgspec.json.Decoder[T]", *, limit: int = MAX_DOCUMENT) -> T:
    """What `decoder` makes of `data`; BadDocument for everything that it cannot be."""
    check_shape(data, limit=limit)
    try:
        return decoder.decode(data)
    except _FAULTS as error:
        raise BadDocument(str(error)[:280]) from error


_ANYTHING: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()
_OBJECT: "msgspec.json.Decoder[dict[str, Any]]" = msgspec.json.Decoder(dict[str, Any])


def read_anything(data: Bytes, *, limit: int = MAX_DOCUMENT) -> Any:
    """For looking at what nothing is known of. Whoever sells by it, or books it, has a struct."""
    _refuse_long_numbers(data)
    return read_json(data, _ANYTHING, limit=limit)


def read_object(data: Bytes, *, limit: int = MAX_DOCUMENT) -> dict[str, Any]:
    _refuse_long_numbers(data)
    return read_json(data, _OBJECT, limit=limit)


def _refuse_long_numbers(data: Bytes) -> None:
    """A struct's numbers have bounds; where there is none, no number may be more than the machine can count with."""
    if _LONG_NUMBER.search(data) and _LONG_NUMBER.search(_TEXT.sub(b"", _ESCAPED.sub(b"", bytes(data)))):
        raise BadDocument("a number has too many digits")


def check_shape(data: Bytes, *, limit: int = MAX_DOCUMENT) -> None:
    """Refuse what is larger or deeper than anything of ours, at little cost and without recursion."""
    raw = bytes(data)
    if len(raw) > limit:
        raise BadDocument(f"{len(raw)} bytes; the limit is {limit}")
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    if b"\\" in raw:
        raw = _ESCAPED.sub(b"", raw)
    rest = _TEXT.sub(b"", raw.translate(None, _ALL_ELSE))
    for _ in range(MAX_DEPTH):  # each round takes the innermost away, and leaves what was around them for the next
        rest = rest.replace(b"[]", b"_").replace(b"{}", b"_").replace(b"_", b"")
    if rest:
        raise BadDocument("nested too deeply, or brackets do not match")


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def read_as(data: Bytes | str, kind: type[T], *, limit: int = MAX_DOCUMENT) -> T:
    """`read_json` for what is read now and then: the decoder is made when it is first needed."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    value: T = read_json(raw, _decoder(kind), limit=limit)  # type: ignore[arg-type] # a type has a hash
    return value
