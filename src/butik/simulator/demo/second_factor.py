"""The second factor of the demo's own person: a TOTP secret (RFC 6238), and the code that it gives now. Pure."""

import base64
import hashlib
import hmac
import secrets
import struct

PERIOD, DIGITS = 30, 6  # what every authenticator app takes for granted


def make_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, moment: float) -> str:
    """The code at a moment (seconds since 1970)."""
    made = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(moment) // PERIOD), hashlib.sha1).digest()
    place = made[-1] & 0x0F
    number: int = struct.unpack(">I", made[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def seconds_left(moment: float) -> int:
    return PERIOD - int(moment) % PERIOD
