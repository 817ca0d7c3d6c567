"""PIN verifiers of till staff, as the wire has them (docs/formats/pos-api.md). The PIN itself is never kept."""

import hashlib
import hmac
import os
from typing import Any, NotRequired, TypedDict

from butik.lib.bounds import MAX_PIN
from butik.lib.signing import decode, encode

ALGORITHM = "PBKDF2-SHA256"
ITERATIONS = 210_000
NEW_PIN = 6  # digits of one that is chosen now; shorter ones that exist go on working (lib.bounds.MIN_PIN)


class PinVerifier(TypedDict):
    alg: str
    iterations: int
    salt: str
    hash: str
    digits: NotRequired[int]  # missing: made when four were enough


def make_pin_verifier(pin: str) -> PinVerifier:
    """A verifier for 6 to 8 digits, with a salt of its own."""
    if not (NEW_PIN <= len(pin) <= MAX_PIN and pin.isascii() and pin.isdigit()):
        raise ValueError(f"a new PIN has {NEW_PIN} to {MAX_PIN} digits")
    salt = os.urandom(16)
    return PinVerifier(
        alg=ALGORITHM,
        iterations=ITERATIONS,
        salt=encode(salt),
        hash=encode(_derive(pin, salt, ITERATIONS)),
        digits=len(pin),
    )


def check_pin(pin: str, verifier: PinVerifier) -> bool:
    derived = _derive(pin, decode(verifier["salt"]), verifier["iterations"])
    return verifier["alg"] == ALGORITHM and hmac.compare_digest(derived, decode(verifier["hash"]))


def _derive(pin: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, iterations, 32)


def is_short(verifier: dict[str, Any]) -> bool:
    """Whether somebody who has the verifier has tried all PINs within minutes."""
    digits: int = verifier.get("digits", 0)
    return digits < NEW_PIN
