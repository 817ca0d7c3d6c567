"""The documents about a backup: what the store signs, and what the emergency cloud signs when it has judged it.

Shapes: docs/formats/emergency.md. Whoever compares them with anything else asks here first that they are signed.
"""

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from butik.lib.clock import to_wire
from butik.lib.outside import read_as
from butik.lib.signing import SigningKey, verify_document
from butik.snapshot.format import FORMAT, Sha256

BACKUP = "butik-backup"
PROVEN = "butik-proven"
QUARANTINED = "butik-quarantined"
Hash = Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")]  # of a document or a file; empty where there is none
Count = Annotated[int, Meta(ge=0)]
Moment = Annotated[datetime, Meta(tz=True)]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of a butik-backup document. Its hash is `lib.signing.document_hash` of the document."""

    id: UUID
    org: UUID
    chain: UUID
    store: UUID
    made_at: Moment
    sha256: Sha256
    size: Count
    plain_size: Count
    articles: Count
    price_file: Hash
    previous: Hash
    app: Annotated[str, Meta(max_length=20)]
    format: str = FORMAT
    v: int = 1


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of a butik-proven document."""

    org: UUID
    chain: UUID
    store: UUID
    backup: UUID
    sha256: Sha256
    received_at: Moment
    proven_at: Moment
    articles: Count
    look_ups: Count
    baskets: Count
    price_file: Hash
    v: int = 1


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """Payload of a butik-quarantined document. It does not say why: who stole the credential would learn the rules."""

    org: UUID
    chain: UUID
    store: UUID
    backup: UUID
    sha256: Sha256
    received_at: Moment
    quarantined_at: Moment
    v: int = 1


Payload = TypeVar("Payload", Manifest, Proven, Quarantined)


def sign_manifest(manifest: Manifest, key: SigningKey) -> str:
    return _sign(BACKUP, manifest, key)


def read_manifest(document: str, store_key: bytes) -> Manifest:
    """What a store says of a backup. Raises BadDocument."""
    return _read(BACKUP, document, store_key, Manifest)


def sign_proven(proven: Proven, key: SigningKey) -> str:
    return _sign(PROVEN, proven, key)


def read_proven(document: str, emergency_key: bytes) -> Proven:
    """What a chain's emergency cloud says of a backup that it has sold from. Raises BadDocument."""
    return _read(PROVEN, document, emergency_key, Proven)


def sign_quarantined(quarantined: Quarantined, key: SigningKey) -> str:
    return _sign(QUARANTINED, quarantined, key)


def read_quarantined(document: str, emergency_key: bytes) -> Quarantined:
    """That a chain's emergency cloud waits for a person before it believes a backup. Raises BadDocument."""
    return _read(QUARANTINED, document, emergency_key, Quarantined)


def _sign(typ: str, payload: Manifest | Proven | Quarantined, key: SigningKey) -> str:
    members = {
        name: to_wire(value) if isinstance(value, datetime) else value
        for name, value in msgspec.structs.asdict(payload).items()
    }
    return key.sign(typ, msgspec.json.encode({"v": members.pop("v"), **members}))


def _read(typ: str, document: str, key: bytes, kind: type[Payload]) -> Payload:
    return read_as(verify_document(document, typ, key), kind)
