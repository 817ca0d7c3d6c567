"""A store's word to its chain's emergency cloud that a device is revoked (butik-revocation). Pure."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from butik.lib.clock import to_wire
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, SigningKey, verify_document

TYPE = "butik-revocation"


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    org: UUID
    chain: UUID
    store: UUID
    device: UUID
    kid: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,22}\Z")]
    revoked_at: Annotated[datetime, Meta(tz=True)]  # the store's clock: shown, never reckoned with
    v: Literal[1] = 1


def sign_revocation(revoked: Revoked, key: SigningKey) -> str:
    members = msgspec.to_builtins(revoked) | {"revoked_at": to_wire(revoked.revoked_at)}
    return key.sign(TYPE, msgspec.json.encode({"v": members.pop("v"), **members}))


def read_revocation(document: str, store_key: bytes) -> Revoked:
    """Raises BadDocument when the store did not say it."""
    try:
        return read_as(verify_document(document, TYPE, store_key), Revoked)
    except BadDocument as error:
        raise BadDocument(f"not a {TYPE}: {error}"[:280]) from error
