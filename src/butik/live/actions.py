"""The one way to tell those who look on."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from butik.live.models import LiveEvent

CHANNEL = "butik_live"


def announce(
    topic: str,
    *,
    organisation_id: UUID,
    at: datetime,
    chain_id: UUID | None = None,
    store_id: UUID | None = None,
    ref: object = "",
) -> None:
    """Write an event inside the transaction of the act; it is seen when that commits, and not before."""
    LiveEvent.objects.create(
        organisation_id=organisation_id, chain_id=chain_id, store_id=store_id, topic=topic, ref=str(ref), at=at
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")  # delivered at commit
