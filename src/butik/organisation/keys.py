"""The keys of this service, and the certificates by which a chain introduces its stores.

Private keys are files of mode 0600 in the service's own folder (`secret_files.py`); public keys are in the database.
"""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from butik.lib.clock import to_wire
from butik.lib.files import SecretTrouble
from butik.lib.outside import read_json
from butik.lib.signing import BadDocument, SigningKey, decode, encode, verify_document
from butik.organisation.models import Chain, Store
from butik.organisation.secret_files import PUT_BACK, keep_secret, secrets_folder

CERTIFICATE = "butik-key"
CERTIFICATE_LIFE = timedelta(days=730)
GRACE = timedelta(days=1)


class Certificate(msgspec.Struct, frozen=True):
    """Payload of a butik-key document."""

    v: int
    org: UUID
    chain: UUID
    store: UUID
    key: str
    use: str
    version: int
    issued_at: Annotated[datetime, Meta(tz=True)]
    expires_at: Annotated[datetime, Meta(tz=True)]

    @property
    def key_bytes(self) -> bytes:
        return decode(self.key)


CERTIFICATES = msgspec.json.Decoder(Certificate)


def service_key() -> SigningKey:
    """This service's own key; made when it is first asked for."""
    return _key_in(secrets_folder() / "service.key")


def chain_root(chain_id: UUID) -> SigningKey:
    """The private root of a chain, known to its chain service alone (or to a store that stands alone)."""
    return _key_in(secrets_folder() / f"chain-{chain_id}.key")


def emergency_root(chain_id: UUID) -> SigningKey:
    """The private root that an emergency cloud keeps for a chain: orders and emergency price files are signed by it."""
    return _key_in(secrets_folder() / f"emergency-{chain_id}.key")


@cache
def _key_in(path: Path) -> SigningKey:
    try:
        return SigningKey.from_bytes(decode(keep_secret(path, _make_key)))
    except (BadDocument, ValueError) as error:
        raise SecretTrouble(f"The key {path} is damaged. {PUT_BACK}") from error


def forget_keys() -> None:
    """What was read is read again; for tests, and for whoever put files back."""
    _key_in.cache_clear()


def _make_key() -> str:
    return encode(SigningKey.generate().private.private_bytes_raw())


def issue_certificate(*, store: Store, key: bytes, now: datetime) -> str:
    """Introduce a store's key in the name of its chain. The caller keeps `store.key_version` in step."""
    certificate = Certificate(
        v=1,
        org=store.organisation_id,
        chain=store.chain_id,
        store=store.id,
        key=encode(key),
        use="store",
        version=store.key_version,
        issued_at=now,
        expires_at=now + CERTIFICATE_LIFE,
    )
    body = msgspec.to_builtins(certificate) | {
        "issued_at": to_wire(certificate.issued_at),
        "expires_at": to_wire(certificate.expires_at),
    }
    return chain_root(store.chain_id).sign(CERTIFICATE, msgspec.json.encode(body))


def read_certificate(document: str, root_key: bytes, now: datetime) -> Certificate:
    """Return what the root says of a store's key; raise BadDocument if it does not say it, or no longer."""
    try:
        certificate = read_json(verify_document(document, CERTIFICATE, root_key), CERTIFICATES)
    except BadDocument as error:
        raise BadDocument(f"not a certificate: {error}"[:280]) from error
    if certificate.use != "store" or len(certificate.key_bytes) != 32:
        raise BadDocument("not a certificate for a store's key")
    if now - GRACE > certificate.expires_at:
        raise BadDocument("certificate has expired")
    return certificate


def root_public_key(chain: Chain) -> bytes:
    return bytes(chain.root_key or b"")
