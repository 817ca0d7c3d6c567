"""Whether the emergency cloud has said that this very backup of this very store is proven. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

from butik.lib.signing import BadDocument, Owner, require_owner
from butik.snapshot.manifest import Proven, Quarantined, read_proven, read_quarantined

CLOCKS_DIFFER = timedelta(hours=1)


def read_proof(document: str, *, root: bytes, owner: Owner, backup: UUID, now: datetime) -> Proven:
    """Return what the pinned root says of this backup; raise BadDocument if it does not."""
    proven = read_proven(document, root)
    _require(proven, owner, backup, now)
    return proven


def read_held(document: str, *, root: bytes, owner: Owner, backup: UUID, now: datetime) -> Quarantined:
    """The same of a backup that waits for a person."""
    held = read_quarantined(document, root)
    _require(held, owner, backup, now)
    return held


def _require(said: Proven | Quarantined, owner: Owner, backup: UUID, now: datetime) -> None:
    require_owner(said, owner)
    if said.backup != backup:
        raise BadDocument("the proof of another backup")
    if said.received_at > now + CLOCKS_DIFFER:
        raise BadDocument("a proof from the future")
