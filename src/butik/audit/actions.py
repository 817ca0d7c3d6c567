"""The one way to write an audit line."""

from datetime import datetime
from typing import Any
from uuid import UUID

from butik.audit.models import AuditEntry


def record(
    action: str,
    *,
    organisation_id: UUID,
    actor: str,
    at: datetime,
    chain_id: UUID | None = None,
    store_id: UUID | None = None,
    subject: object = "",
    **data: Any,
) -> None:
    """Write one line, inside the transaction of the act itself. `data` holds ids, codes and figures only."""
    AuditEntry.objects.create(
        organisation_id=organisation_id,
        chain_id=chain_id,
        store_id=store_id,
        at=at,
        actor=actor,
        action=action,
        subject=str(subject),
        data=data,
    )
