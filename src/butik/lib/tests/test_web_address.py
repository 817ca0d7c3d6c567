"""An address that cannot work is refused in words; one that can is written as browsers write it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.lib.web_address import BadWebAddress, read_origin


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("http://localhost:8010", "http://localhost:8010"),
        ("https://Store12.Example.COM/", "https://store12.example.com"),
        ("HTTPS://x.example:443", "https://x.example"),
        ("http://x.example:80/", "http://x.example"),
        ("http://x.example:443", "http://x.example:443"),
        ("https://x.example:", "https://x.example"),
        ("http://[::1]:8010", "http://[::1]:8010"),
        ("http://[0:0:0:0:0:0:0:1]:8010", "http://[::1]:8010"),
        ("https://[2001:DB8::0:12]", "https://[2001:db8::12]"),
        ("http://127.0.0.1:8010", "http://127.0.0.1:8010"),
        ("https://xn--rdgrd-vuad.example", "https://xn--rdgrd-vuad.example"),
        ("http://store12", "http://store12"),
    ],
)
def test_what_can_be_meant_in_one_way_is_written_in_it(said: str, read: str) -> None:
    assert read_origin(said) == read
    assert read_origin(read) == read


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "must begin with https"),
        ("store.example.com", "must begin with https"),
        ("localhost:8010", "must begin with https"),
        ("ftp://x.example", "must begin with https"),
        ("ws://x.example", "must begin with https"),
        ("//x.example", "must begin with https"),
        ("http:x.example", "folder"),
        ("http://", "must name a host"),
        ("http://:8010", "must name a host"),
        ("http:///x", "folder"),
        ("https://x.example/butik", "folder"),
        ("https://x.example//", "folder"),
        ("https://x.example/?a=1", "nothing behind the host"),
        ("https://x.example?", "nothing behind the host"),
        ("https://x.example#top", "nothing behind the host"),
        ("https://x.example/#", "nothing behind the host"),
        ("https://user@x.example", "user or a password"),
        ("https://user:secret@x.example", "user or a password"),
        ("https://@x.example", "user or a password"),
        ("https://x.example.", "without a dot"),
        ("https://x..example", "names no host"),
        ("https://-x.example", "names no host"),
        ("https://x_y.example", "names no host"),
        ("https://*.example.com", "names no host"),
        ("https://x.example,y.example", "names no host"),
        (f"https://{'a' * 64}.example", "names no host"),
        (f"https://{'a.' * 127}example", "names no host"),
        ("https://rødgrød.example", "xn--"),
        ("https://x。example", "xn--"),
        ("http://x.example:0", "port from 1 to 65535"),
        ("http://x.example:65536", "port from 1 to 65535"),
        ("http://x.example:-1", "port from 1 to 65535"),
        ("http://x.example:80a", "port from 1 to 65535"),
        ("http://x.example:٨٠", "port from 1 to 65535"),
        ("http://::1:8010", "must name a host"),
        ("http://[::1", "brackets"),
        ("http://[::1%eth0]:80", "network card|brackets"),
        ("http://[::]:8010", "others can call"),
        ("http://0.0.0.0:8010", "others can call"),
        ("http://[v1.x]", "brackets"),
        ("http://[localhost]", "brackets"),
        ("http://127.1:80", "four numbers"),
        ("http://0x7f.1", "four numbers"),
        ("http://256.1.1.1", "four numbers"),
        ("http://2130706433", "four numbers"),
        ("http://x.example :80", "spaces"),
        (" http://x.example", "spaces"),
        ("http://x.example\n", "spaces"),
        ("http://x.example\\y", "backslashes"),
        ("http://x.example\x00", "spaces"),
    ],
)
def test_what_cannot_work_is_refused_in_words(said: str, words: str) -> None:
    with pytest.raises(BadWebAddress, match=words):
        read_origin(said)


@given(st.text(max_size=40).map(lambda rest: f"https://{rest}") | st.text(max_size=40))
def test_whatever_is_said_it_is_an_origin_or_refused(said: str) -> None:
    with suppress(BadWebAddress):
        read = read_origin(said)
        assert read == read_origin(read)
        assert read.isascii()
