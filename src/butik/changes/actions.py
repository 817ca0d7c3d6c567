"""The two ways to pass a change on. Each is called inside the transaction that makes the change."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from butik.changes.models import FeedEntry, FeedHead, FeedMove, OutboxItem
from butik.lib.ids import new_id
from butik.lib.versions import PAUSE, version_at

Change = tuple[str, str, UUID | None]  # kind, key, and the only store that may have it
BATCH = 2000


def put_in_outbox(*, kind: str, organisation_id: UUID, at: datetime, ref: UUID | None = None, body: str = "") -> int:
    """At a store: tell the chain. A store that stands alone keeps its items too, and sends them when it joins one."""
    item = OutboxItem.objects.create(
        organisation_id=organisation_id, kind=kind, ref=ref or new_id(), body=body, created_at=at
    )
    return int(item.pk)


def advance_feed(*, organisation_id: UUID, chain_id: UUID, changes: Iterable[Change], at: datetime) -> Sequence[int]:
    """At a chain: tell its stores. Returns the position of each change, in order; a key counts once."""
    latest = {(kind, key): store_id for kind, key, store_id in changes}
    if not latest:
        return range(0)
    head = move_head(organisation_id=organisation_id, chain_id=chain_id, by=len(latest), at=at)
    positions = range(head - len(latest) + 1, head + 1)
    entries = [
        FeedEntry(
            organisation_id=organisation_id,
            chain_id=chain_id,
            store_id=store_id,
            kind=kind,
            key=key,
            position=position,
        )
        for position, ((kind, key), store_id) in zip(positions, latest.items(), strict=True)
    ]
    FeedEntry.objects.bulk_create(
        entries,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["organisation", "chain", "kind", "key"],
        update_fields=["position", "store"],
    )
    return positions


def move_head(*, organisation_id: UUID, chain_id: UUID, by: int, at: datetime) -> int:
    """Claim `by` positions and return the last. The row stays locked, so positions commit in the order of claiming."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The head is moved in the transaction of the change itself.")
    mark = new_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO changes_feedhead (id, organisation_id, chain_id, position, mark, moved_at) "
            "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (organisation_id, chain_id) DO UPDATE SET "
            "position = changes_feedhead.position + excluded.position, mark = excluded.mark, "
            "moved_at = excluded.moved_at RETURNING position",
            [_id(new_id()), _id(organisation_id), _id(chain_id), by, _id(mark), _moment(at)],
        )
        (head,) = cursor.fetchone()
    FeedMove.objects.create(id=mark, organisation_id=organisation_id, chain_id=chain_id, position=head)
    return int(head)


def leap_feed(*, organisation_id: UUID, chain_id: UUID, at: datetime) -> bool:
    """This chain was put back: go on behind all positions that it can have given, so that none is given twice.

    A position is also the version of an article, by which sales are priced again. Within bounds, like all versions.
    """
    heads = FeedHead.objects.select_for_update().filter(organisation_id=organisation_id, chain_id=chain_id)
    position = heads.values_list("position", flat=True).first() or 0
    by = version_at(at) - position
    if not position or by < PAUSE:
        return False
    move_head(organisation_id=organisation_id, chain_id=chain_id, by=by, at=at)
    return True


def _id(value: UUID) -> UUID | str:
    return value if connection.features.has_native_uuid_field else value.hex


def _moment(at: datetime) -> datetime | str:
    return connection.ops.adapt_datetimefield_value(at) or at
