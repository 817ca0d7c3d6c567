"""What the emergency cloud says of a backup (`butik-proven`), believed by the pinned root alone. Pure."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from butik.lib.signing import BadDocument, verify_document

PROVEN = "butik-proven"
CLOCKS_DIFFER = timedelta(hours=1)
Moment = Annotated[datetime, Meta(tz=True)]


class Proven(msgspec.Struct, frozen=True):
    """Payload of a butik-proven document (docs/formats/emergency.md)."""

    v: int
    org: UUID
    chain: UUID
    store: UUID
    backup: UUID
    sha256: str
    received_at: Moment
    proven_at: Moment
    articles: Annotated[int, Meta(ge=0, le=10**9)]
    look_ups: int
    baskets: int
    price_file: str


def read_proof(document: str, *, root: bytes, store: UUID, chain: UUID, backup: UUID, now: datetime) -> Proven:
    """Return what the root says of this very backup of this very store; raise BadDocument if it does not."""
    try:
        proven = msgspec.json.decode(verify_document(document, PROVEN, root), type=Proven)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadDocument("not a proof of a backup") from error
    if (proven.chain, proven.store) != (chain, store):
        raise BadDocument("the proof of another store's backup")
    if proven.backup != backup:
        raise BadDocument("the proof of another backup")
    if proven.received_at > now + CLOCKS_DIFFER:
        raise BadDocument("a proof from the future")
    return proven
