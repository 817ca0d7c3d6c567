"""What the emergency cloud has signed about backups: read here, believed by the pinned root alone."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from butik.backups.line import Answer
from butik.backups.models import Backup
from butik.lib.signing import BadDocument
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing
from butik.snapshot.manifest import Proven, Quarantined, read_proven, read_quarantined

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    backup: UUID
    sha256: str
    state: str  # PROVEN or QUARANTINED
    received_at: datetime
    proven_at: datetime
    document: str


def read_verdicts(store: Store, answer: Answer, pairing: Pairing) -> list[Verdict]:
    """Those that hold and are about this store; what does not hold is in the error log and changes nothing."""
    found = []
    for document, read in ((answer.proof, read_proven), (answer.quarantined, read_quarantined)):
        if not document:
            continue
        try:
            said: Proven | Quarantined = read(document, pairing.key_bytes)
        except BadDocument as error:
            logger.error("A proof from the emergency cloud was not signed by the root that this chain is paired with.")
            logger.info("The proof: %s", error)
            continue
        if (said.org, said.chain, said.store) != (store.organisation_id, store.chain_id, store.id):
            logger.error("The emergency cloud has sent the proof of another store's backup.")
            continue
        found.append(_verdict(said, document))
    return found


def _verdict(said: Proven | Quarantined, document: str) -> Verdict:
    if isinstance(said, Proven):
        state, judged_at = Backup.State.PROVEN, said.proven_at
    else:
        state, judged_at = Backup.State.QUARANTINED, said.quarantined_at
    return Verdict(said.backup, said.sha256, state, said.received_at, judged_at, document)
