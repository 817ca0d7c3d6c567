"""Proofs of requests: who calls, bound to one service, one address and one body (docs/formats/signed-documents.md)."""

import hashlib
import os
from datetime import datetime
from typing import Annotated
from urllib.parse import unquote
from uuid import UUID

import msgspec
from msgspec import Meta

from butik.lib.outside import read_json
from butik.lib.problems import Problem
from butik.lib.signing import BadDocument, Envelope, SigningKey, encode, open_document, verify

PROOF = "butik-proof"
SCHEME = "Butik "
WINDOW = 300  # seconds


class Claims(msgspec.Struct, frozen=True):
    """Payload of a butik-proof document."""

    org: UUID
    sub: UUID
    aud: str
    htm: str
    htu: str
    bsh: str
    iat: Annotated[int, Meta(ge=0, le=2**53)]
    jti: str


class Proof(msgspec.Struct, frozen=True):
    """Claims that are not yet believed: `check_proof` does that, with the key of whom they name."""

    claims: Claims
    envelope: Envelope


_CLAIMS = msgspec.json.Decoder(Claims)


def make_proof(
    key: SigningKey,
    *,
    org: UUID,
    sub: UUID,
    aud: str,
    method: str,
    target: str,
    at: float,
    body: bytes = b"",
    digest: bytes | None = None,
) -> str:
    """Return the Authorization header's value. `target` is path and query as sent; `at` the service's time.

    `digest` is the SHA-256 of a body that is not in memory.
    """
    claims = {
        "org": str(org),
        "sub": str(sub),
        "aud": aud,
        "htm": method,
        "htu": target,
        "bsh": encode(digest or hashlib.sha256(body).digest()),
        "iat": int(at),
        "jti": encode(os.urandom(16)),
    }
    return SCHEME + key.sign(PROOF, msgspec.json.encode(claims))


def read_proof(header: str) -> Proof:
    if not header.startswith(SCHEME):
        raise Problem("no-proof", 401, "This call must be signed by a device or a store.")
    try:
        envelope = open_document(header[len(SCHEME) :], PROOF)
        return Proof(read_json(envelope.payload, _CLAIMS), envelope)
    except BadDocument as error:
        raise _bad(str(error)) from error


def check_proof(proof: Proof, key: bytes, *, aud: str, method: str, target: str, body: bytes, now: datetime) -> Claims:
    """Believe the claims, or raise the Problem that the caller is to be told."""
    claims = check_claims(proof, key, aud=aud, method=method, target=target, now=now)
    if claims.bsh != encode(hashlib.sha256(body).digest()):
        raise _bad("made for another body")
    return claims


def check_claims(proof: Proof, key: bytes, *, aud: str, method: str, target: str, now: datetime) -> Claims:
    """Believe all but the body (`bsh`): for a caller whose long body is hashed as it comes in."""
    claims = proof.claims
    try:
        verify(proof.envelope, key)
    except BadDocument as error:
        raise _bad(str(error)) from error
    if claims.aud != aud:
        raise _bad("made for another service")
    if claims.htm != method or claims.htu != target:
        raise _bad("made for another address")
    if abs(now.timestamp() - claims.iat) > WINDOW:
        raise Problem(
            "clock-skew", 401, "The device's clock is too far from the service's.", server_time=now.timestamp()
        )
    return claims


def sent_target(claims: Claims, *, path: str, query: str) -> str:
    """The address of a request as it was sent: servers undo percent-encoding, so two spellings of one path are one."""
    claimed_path, _, claimed_query = claims.htu.partition("?")
    return claims.htu if (unquote(claimed_path), claimed_query) == (path, query) else f"{path}?{query}"


def _bad(detail: str) -> Problem:
    return Problem("bad-proof", 401, "The signature of this call does not fit.", detail)
