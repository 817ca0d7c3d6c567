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


def by_secret(secrets_of: dict[str, str]) -> list[tuple[str, str]]:
    """Whoever shares a secret, by their first names, and the secret."""
    names: dict[str, list[str]] = {}
    for email, secret in secrets_of.items():
        names.setdefault(secret, []).append(email.partition("@")[0])
    return [("/".join(sharing), secret) for secret, sharing in names.items()]


def codes_at(secrets_of: dict[str, str], moment: float) -> list[tuple[str, str]]:
    return [(names, code_at(secret, moment)) for names, secret in by_secret(secrets_of)]


def seconds_left(moment: float) -> int:
    return PERIOD - int(moment) % PERIOD
