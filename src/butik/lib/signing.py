"""Signed documents: JWS in compact form, Ed25519 only (docs/formats/signed-documents.md).

One algorithm and no negotiation, so there is nothing to downgrade; `typ` separates what a signature is good for.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from nacl.bindings import crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import CryptoError

from butik.lib.bounds import MAX_DOCUMENT, MAX_HEADER
from butik.lib.outside import BadDocument, read_json

__all__ = [
    "BadDocument",
    "Envelope",
    "Owner",
    "SigningKey",
    "decode",
    "document_hash",
    "encode",
    "key_id",
    "open_document",
    "require_owner",
    "verify",
    "verify_document",
]


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    kid: str
    typ: str


_decode_header = msgspec.json.Decoder(_Header)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A document that was taken apart but not yet believed."""

    typ: str
    kid: str
    payload: bytes
    signed: bytes
    signature: bytes


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str | bytes) -> bytes:
    """Undo `encode`; refuse padding, other alphabets and non-canonical endings, so one value has one spelling."""
    raw = text.encode() if isinstance(text, str) else text
    if b"+" in raw or b"/" in raw or b"=" in raw:
        raise BadDocument("not base64url")
    standard = raw.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(raw) % 4)
    try:
        data = binascii.a2b_base64(standard, strict_mode=True)
    except binascii.Error as error:
        raise BadDocument("not base64url") from error
    loose = len(raw) % 4  # whole groups of four have one spelling each; what is left over has bits to spare
    if loose and encode(data[-(len(data) % 3) :]).encode() != raw[-loose:]:
        raise BadDocument("not canonical base64url")
    return data


def key_id(public_key: bytes) -> str:
    return encode(hashlib.sha256(public_key).digest()[:16])


def document_hash(document: str) -> str:
    return hashlib.sha256(document.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key. `public` is the raw 32 bytes that the others know it by."""

    private: Ed25519PrivateKey
    public: bytes

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls.from_private(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, seed: bytes) -> "SigningKey":
        return cls.from_private(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_private(cls, private: Ed25519PrivateKey) -> "SigningKey":
        return cls(private, private.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        return key_id(self.public)

    def sign(self, typ: str, payload: bytes) -> str:
        """Return the compact document."""
        signed = f"{_header(self.kid, typ)}.{encode(payload)}"
        return f"{signed}.{encode(self.private.sign(signed.encode()))}"


@lru_cache(maxsize=256)
def _header(kid: str, typ: str) -> str:
    return encode(msgspec.json.encode({"alg": "Ed25519", "kid": kid, "typ": typ}))


@lru_cache(maxsize=4096)
def _read_header(text: bytes) -> _Header:
    header = read_json(decode(text), _decode_header)
    if header.alg != "Ed25519":
        raise BadDocument("algorithm is not Ed25519")
    return header


def open_document(document: str, typ: str | None = None) -> Envelope:
    """Take a document apart; raise BadDocument if it is malformed or not of type `typ`. Nothing is verified yet."""
    if len(document) > MAX_DOCUMENT:
        raise BadDocument(f"{len(document)} characters; the limit is {MAX_DOCUMENT}")
    try:
        raw = document.encode("ascii")
    except UnicodeEncodeError as error:
        raise BadDocument("not ASCII") from error
    parts = raw.split(b".")
    if len(parts) != 3:
        raise BadDocument("not a compact JWS")
    if len(parts[0]) > MAX_HEADER:
        raise BadDocument("header is too long")
    header = _read_header(parts[0])
    if typ is not None and header.typ != typ:
        raise BadDocument(f"type is {header.typ}, expected {typ}")
    return Envelope(header.typ, header.kid, decode(parts[1]), raw[: raw.rindex(b".")], decode(parts[2]))


def verify(envelope: Envelope, public_key: bytes) -> bytes:
    """Return the payload if `public_key` signed it, else raise BadDocument.

    By libsodium: a chain verifies every sale of every store, and OpenSSL takes nearly twice as long (decision 0009).
    """
    if key_id(public_key) != envelope.kid:
        raise BadDocument("signed by another key")
    if len(envelope.signature) != crypto_sign_BYTES:
        raise BadDocument("signature does not fit")
    try:
        crypto_sign_open(envelope.signature + envelope.signed, public_key)
    except (CryptoError, ValueError) as error:
        raise BadDocument("signature does not fit") from error
    return envelope.payload


def verify_document(document: str, typ: str, public_key: bytes) -> bytes:
    return verify(open_document(document, typ), public_key)


class Owner(NamedTuple):
    """Whose a document must be."""

    org: UUID
    chain: UUID
    store: UUID


def require_owner(said: Any, owner: Owner) -> None:
    """Raise BadDocument when a document that was signed well is another store's."""
    if (said.org, said.chain, said.store) != owner:
        raise BadDocument("it is another store's")
