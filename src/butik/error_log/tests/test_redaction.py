"""What must never stand in an entry is taken out; what helps stays."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butik.error_log.redaction import LONGEST, PATTERNS, redact, shorten

_parser, _constants = import_module("re._parser"), import_module("re._constants")
REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
PROOF = "eyJhbGciOiJFZDI1NTE5In0.eyJvcmciOiIxIn0.c2lnbmF0dXJl"

PEM = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ
c2Vjb25kbGluZQ==
-----END PRIVATE KEY-----"""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"Authorization: Butik {PROOF}", PROOF),
        (f"headers={{'authorization': 'Butik {PROOF}'}}", PROOF),
        (f"could not read {PROOF}", "eyJvcmciOiIxIn0"),
        ("Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ("Cookie: butik-store-8011-session=abc123", "abc123"),
        ("pin=2580 was wrong", "2580"),
        ('{"pin": "25801234"}', "25801234"),
        ("the PIN was 2580", "2580"),
        ("password: hunter22", "hunter22"),
        ("secret='s3cr3t!'", "s3cr3t!"),
        ("code K7QM-2XWD was used", "K7QM-2XWD"),
        ("card 4111 1111 1111 1111 refused", "4111"),
        ("card 4111-1111-1111-1111 refused", "1111"),
        ("5500005555555559", "5500005555555559"),
        ("postgresql://butik:verysecret@db/butik", "verysecret"),
        # keys
        ("AGE-SECRET-KEY-1QQPQZRFR8VH3 was not read", "1QQPQZRFR8VH3"),
        ("age-secret-key-1qqpqzrfr8vh3", "1qqpqzrfr8vh3"),
        ("AGE-PLUGIN-YUBIKEY-1QXYZ", "1QXYZ"),
        (PEM, "MC4CAQAwBQYDK2VwBCIEIJ"),
        (PEM, "c2Vjb25kbGluZQ"),
        (repr(PEM), "c2Vjb25kbGluZQ"),
        (PEM.replace("PRIVATE", "EC PRIVATE").partition("-----END")[0], "c2Vjb25kbGluZQ"),
        ("body:\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDC7x8z/+ab1234\nend", "MIIEvQIBADAN"),
        ('{"seed":"c2VlZHNlZWRzZWVk"}', "c2VlZHNlZWRzZWVk"),
        ('{\\"seed\\": \\"c2VlZHNlZWRzZWVk\\"}', "c2VlZHNlZWRzZWVk"),
        ("private_key: 3q2-7wAB", "3q2-7wAB"),
        ("BUTIK_SECRET_KEY=django-insecure-1", "django-insecure-1"),
        ("key dGhpc0lzQVJhd0tleU9mMzJCeXRlc1doaWNoSXM0Mw", "dGhpc0lzQVJhd0tleU9m"),
        ("otpauth://totp/Butik:x?secret=JBSWY3DPEHPK3PXP&issuer=B", "JBSWY3DPEHPK3PXP"),
        # sessions and forms
        ("butik-store-8011-session=0123abcdxyz", "0123abcdxyz"),
        ("__Host-butik-chain-443-csrf=QWERTY123456", "QWERTY123456"),
        ("{'sessionid': '0123abcdxyz'}", "0123abcdxyz"),
        ("csrfmiddlewaretoken=QWERTY123456&login=x", "QWERTY123456"),
        ("'csrfToken': 'QWERTY123456'", "QWERTY123456"),
        ("X-Api-Key: abc", "abc"),
        ("Proxy-Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("{'password': 'correct horse battery'}", "horse battery"),
        ("password1='correct horse \"battery\"'", "horse"),
        ("password=correct horse battery", "battery"),
        ("adgangskode: blå hest", "hest"),
        ("passphrase => 'two words'", "words"),
        ("login=a%40b&password=hunter%2022&next=", "hunter%2022"),
        # addresses
        ("postgresql://:onlypassword@db/butik", "onlypassword"),
        ("postgresql://butik:p@ssw@rd@db/butik", "ssw"),
        ("postgresql://butik:p/ssw/rd@db/butik", "ssw"),
        ("https://token123@example.com/x", "token123"),
        ("GET /accounts/password/reset/key/1a-c2vxyz-0f0f0f0f/ failed", "c2vxyz"),
        ("https://pos.example/#code=K7QM2XWD", "K7QM2XWD"),
        ("/x?token=abcdef", "abcdef"),
        # codes
        ("k7qm-2xwd", "k7qm-2xwd"),
        ("K7QM2XWD was used", "K7QM2XWD"),
        ("k7qm2xwd was used", "k7qm2xwd"),
        ("K7QM 2XWD was used", "2XWD"),
        ("recovery key K7QM-2XWD-AAAA-BBBB", "AAAA"),
        ("code 123456 was wrong", "123456"),
        ("koden er 123456", "123456"),
        ("otp=123456", "123456"),
        ("pinkode: 258012", "258012"),
        ("pin='258012'", "258012"),
        ('duplicate key\nDETAIL:  Failing row contains (Maja, "2580").', "Maja"),
    ],
)
def test_secrets_are_taken_out(text: str, secret: str) -> None:
    said = redact(text)
    assert secret not in said
    assert "[removed]" in said


@pytest.mark.parametrize(
    "text",
    [
        "barcode 5701234567899 is unknown",
        "receipt 12-3-N1-000017",
        "sale 01a2001c-cd76-77fc-9449-b268bc67ebdc",
        "2026-11-21 22:57:04,047 took 1234567890 ns",
        "UNIQUE constraint failed: sales_sale.id",
        "KeyError: 'store'",
        "line 12, in push\n    raise LineTrouble(said)",
        'File "/opt/butik/lib/python3.11/site-packages/django/core/handlers/base.py", line 197, in _get_response',
        "KeyError: None",
        "the token is None and password=None",
        "Store 12 says something of another's row (assistant): 01a2001c-cd76-77fc-9449-b268bc67ebdc",
        "https://chain.example:8443/api/sync/v1/push answered 503",
        "price file 7 of 41233 articles, sha256 01a2001ccd7677fc",
        "pin_version 3 is older; code 404",
        "they have been here since then",
        "Quarantined record 0f1e2d3c4b5a6978: UNREADABLE",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert redact(text) == text


def test_no_pattern_goes_back_further_than_it_may() -> None:
    """What makes a pattern slow is a repetition without an end that something must follow, or one within another.

    Each pattern is taken apart: repetitions have an upper bound, and none that is long stands in another; only the
    last of a pattern, behind which nothing can fail, may go on for ever.
    """
    for pattern in PATTERNS:
        faults = [*_faults(list(_parser.parse(pattern.pattern, pattern.flags)), is_last=True)]
        assert faults == [], pattern.pattern


@pytest.mark.parametrize("slow", [r"\w+://", r"(a+)+$", r"x(?:a{1,50}b?){1,50}y", r"(a|b)*c", r"\s*[:=]"])
def test_this_test_would_notice(slow: str) -> None:
    assert list(_faults(list(_parser.parse(slow)), is_last=True))


def _faults(parts: list[Any], *, is_last: bool, inside: int = 1) -> Iterator[str]:
    for place, (kind, value) in enumerate(parts):
        at_end = is_last and place == len(parts) - 1
        if kind in REPEATS:
            _, most, body = value
            endless = most is _constants.MAXREPEAT
            if (endless and not (at_end and inside == 1)) or (not endless and most * inside > 2_100):
                yield f"{kind} up to {most} inside {inside}"
            yield from _faults(list(body), is_last=False, inside=inside * (9_999 if endless else max(most, 1)))
        elif kind is _constants.SUBPATTERN:
            yield from _faults(list(value[3]), is_last=at_end, inside=inside)
        elif kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _faults(list(branch), is_last=at_end, inside=inside)
        elif kind in {_constants.ASSERT, _constants.ASSERT_NOT}:
            yield from _faults(list(value[1]), is_last=False, inside=inside)


@pytest.mark.parametrize(
    "letter", ["1", "a", "A", "-", " ", "\n", ":", "eyJ", "://", "key ", "-----BEGIN PRIVATE KEY-----"]
)
def test_a_huge_text_is_shortened_before_anything_looks_into_it(letter: str) -> None:
    assert len(redact(f"GET {letter * 1_000_000} failed")) <= LONGEST + 10


def test_half_a_secret_is_not_kept() -> None:
    """Wherever the cut falls: neither the name without its value nor the value without its name."""
    for before in range(80):
        text = "a " * before + "password: 'correct horse battery'\nAuthorization: Butik abcdefgh" + " b" * 80
        for length in range(40, 200, 7):
            said = redact(shorten(text, length))
            assert "horse" not in said
            assert "abcdefgh" not in said


def test_control_characters_are_shown_as_such() -> None:
    assert redact("a\x1b[31mb\x00\tc\nd") == "a\ufffd[31mb\ufffd\tc\nd"


@given(st.from_regex(r"[3-6][0-9]{14}", fullmatch=True), st.sampled_from(["", " ", "-"]))
def test_no_card_number_survives(most: str, separator: str) -> None:
    double = sum(sum(divmod(int(digit) * 2, 10)) for digit in most[::2])
    single = sum(int(digit) for digit in most[1::2])
    card = most + str(-(double + single) % 10)
    shown = separator.join(card[place : place + 4] for place in range(0, 16, 4))
    assert shown not in redact(f"card {shown} was refused")
