"""PIN verifiers of till staff, as the wire has them (docs/formats/pos-api.md). The PIN itself is never kept."""

import hashlib
import hmac
import os
from typing import TypedDict

from butik.lib.bounds import MAX_PIN, MIN_PIN
from butik.lib.signing import decode, encode

ALGORITHM = "PBKDF2-SHA256"
ITERATIONS = 210_000


class PinVerifier(TypedDict):
    alg: str
    iterations: int
    salt: str
    hash: str


def make_pin_verifier(pin: str) -> PinVerifier:
    """A verifier for 4 to 8 digits, with a salt of its own."""
    if not (MIN_PIN <= len(pin) <= MAX_PIN and pin.isascii() and pin.isdigit()):
        raise ValueError("a PIN has 4 to 8 digits")
    salt = os.urandom(16)
    return PinVerifier(
        alg=ALGORITHM, iterations=ITERATIONS, salt=encode(salt), hash=encode(_derive(pin, salt, ITERATIONS))
    )


def check_pin(pin: str, verifier: PinVerifier) -> bool:
    derived = _derive(pin, decode(verifier["salt"]), verifier["iterations"])
    return verifier["alg"] == ALGORITHM and hmac.compare_digest(derived, decode(verifier["hash"]))


def _derive(pin: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, iterations, 32)
