"""What strangers send: to every address, and as the body of every call."""

import json
from collections.abc import Iterator

DEEP = (1_000, 10_000, 100_000)
HUGE = 10**400
LONG = 7_900  # letters of an address: the front door takes 8 kB


def bodies() -> Iterator[tuple[str, bytes, str]]:
    """Name, body and content type."""
    yield "nothing", b"", "application/json"
    yield "no JSON", b"{", "application/json"
    for each in DEEP:
        yield f"{each} brackets", b"[" * each, "application/json"
        yield f"{each} brackets, closed", b"[" * each + b"]" * each, "application/json"
    yield "deep member", b'{"code":"x","unknown":' + b"[" * 5_000 + b"]" * 5_000 + b"}", "application/json"
    yield "deep objects", b'{"a":' * 20_000, "application/json"
    huge = str(HUGE).encode()
    yield "huge numbers", b'{"code":%s,"items":[{"seq":%s}],"status":{"x":%s},"order":%s}' % (*[huge] * 4,), "text/json"
    yield "huge exponent", b'{"code":1e999999,"at":-1e999999}', "application/json"
    yield "NUL", b'{"code":"\\u0000","key":"\x00","name":"\\ud800"}', "application/json"
    yield "no UTF-8", b'\xff\xfe{"code":"\xc3\x28"}', "application/json; charset=utf-16"
    yield "another type", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>", "application/xml"
    yield "a form", b"code=x&key=%00&_method=DELETE&store_id[]=1", "application/x-www-form-urlencoded"
    yield (
        "half a form",
        b"--x\r\nContent-Disposition: form-data; name=file; filename=../../x\r\n",
        "multipart/form-data; boundary=x",
    )
    yield "too long", b'"' + b"a" * (9 * 1024 * 1024) + b'"', "application/json"
    yield "a list", json.dumps([{}] * 600).encode(), "application/json"


def queries() -> Iterator[str]:
    yield ""
    yield "page=" + "9" * 400 + "&q=%00&from=0000-00-00&before=x&limit=-1&after=" + "9" * 400
    yield "q=%ff%fe&page=-1&topics=" + "a" * 4_000 + "&limit=9999999999999999&q=%F0%9F%92%A9&from=9999-12-31"


def headers() -> Iterator[tuple[str, dict[str, str]]]:
    yield "none", {}
    yield "rubbish", {"Authorization": "Butik " + "a.b.c", "Butik-Certificate": "a.b.c", "Butik-Manifest": "\x00"}
    yield "packed", {"Content-Encoding": "zstd", "Authorization": "Bearer " + "x" * LONG}
    yield "another host", {"Host": "evil.example:99999", "Origin": "https://evil.example", "X-Forwarded-Host": "evil"}
    yield "another method", {"X-HTTP-Method-Override": "DELETE", "Accept": "*/*;q=nan", "Accept-Language": "../../etc"}
