"""JSON from outside: whatever the bytes are, the answer is a value or BadDocument, at the same bound everywhere."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import bounds as tool

from butik.lib import bounds
from butik.lib.outside import BadDocument, check_shape, read_anything, read_json, read_object
from butik.sales.wire import Tender, Unit

HOSTILE = (
    b"",
    b"{",
    b"\xef\xbb\xbf{}",
    b'{"a":NaN}',
    b'{"a":1e400}',
    b'{"a":' + b"9" * 400 + b"}",
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":"\\ud800"}',
    b'{"a":"\xed\xa0\x80"}',
    b'{"a":"\xff"}',
    b"[" * 1000 + b"]" * 1000,
    b"[" * 200_000,
    b'{"a":' * 1000 + b"1" + b"}" * 1000,
    b"[}" * 100,
    b'["' + b"[" * 100,
)


class Known(msgspec.Struct):
    a: int = 0


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_it_says_bad_document_and_nothing_else(data: bytes) -> None:
    with pytest.raises(BadDocument):
        read_object(data)


def nested(depth: int) -> bytes:
    return b'{"x":' * (depth - 1) + b"[]" + b"}" * (depth - 1)


def test_the_bound_of_depth_is_the_same_however_deep_the_stack_is() -> None:
    decoder = msgspec.json.Decoder(Known)

    def at_depth(frames: int, work: Callable[[], Any]) -> Any:
        return work() if frames == 0 else at_depth(frames - 1, work)

    for frames in (0, sys.getrecursionlimit() - 200):
        at_depth(frames, lambda: read_json(nested(bounds.MAX_DEPTH), decoder))
        with pytest.raises(BadDocument):
            at_depth(frames, lambda: read_json(nested(bounds.MAX_DEPTH + 1), decoder))


def test_brackets_in_texts_do_not_count() -> None:
    assert read_anything(json.dumps({"a": '[{"\\' * 50, "b": "\\"}).encode()) == {"a": '[{"\\' * 50, "b": "\\"}


def test_size_is_refused_before_it_is_read() -> None:
    assert read_anything(b'"' + b"a" * 8 + b'"', limit=10) == "a" * 8
    with pytest.raises(BadDocument, match="limit"):
        read_anything(b'"' + b"a" * 9 + b'"', limit=10)


def depth_of(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((depth_of(each) for each in inner), default=0)


values = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text(alphabet='[]{}"\\aæ😀\u0301\u200d\x00', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(alphabet='[]{}"\\', max_size=3), inner, max_size=4)
    ),
    max_leaves=60,
)


@given(values, st.booleans(), st.integers(0, 40))
def test_what_is_not_too_deep_is_read_as_it_is(value: Any, is_ascii: bool, wrapped: int) -> None:
    for _ in range(wrapped):
        value = [value, "]"]
    data = json.dumps(value, ensure_ascii=is_ascii).encode()
    if depth_of(value) > bounds.MAX_DEPTH:
        with pytest.raises(BadDocument):
            check_shape(data)
    else:
        assert read_anything(data) == value


@given(st.binary(max_size=60) | st.text(alphabet='[]{}":,\\0-eE.', max_size=60).map(str.encode))
def test_any_bytes_are_a_value_or_a_bad_document(data: bytes) -> None:
    with suppress(BadDocument):
        read_anything(data)


def test_both_languages_have_the_same_bounds() -> None:
    assert tool.TARGET.read_text() == tool.rendered()
    assert (get_args(Unit), get_args(Tender)) == (bounds.UNITS, bounds.TENDERS)
