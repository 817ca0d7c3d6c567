"""Whether the emergency cloud has said that this very backup of this very store is proven. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

from butik.lib.signing import BadDocument
from butik.snapshot.manifest import Proven, read_proven

CLOCKS_DIFFER = timedelta(hours=1)


def read_proof(document: str, *, root: bytes, store: UUID, chain: UUID, backup: UUID, now: datetime) -> Proven:
    """Return what the pinned root says of this backup; raise BadDocument if it does not."""
    proven = read_proven(document, root)
    if (proven.chain, proven.store) != (chain, store):
        raise BadDocument("the proof of another store's backup")
    if proven.backup != backup:
        raise BadDocument("the proof of another backup")
    if proven.received_at > now + CLOCKS_DIFFER:
        raise BadDocument("a proof from the future")
    return proven
