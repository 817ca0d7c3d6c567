"""Outbox and feed."""

from django.db import models

from butik.lib.ids import new_id
from butik.lib.tenant import TenantModel


class OutboxItem(models.Model):
    """One thing that a store must tell its chain. The body of a `record` is its document, in `sales`; others carry it.

    `seq` and `uid` are null until the one sender numbers the item: ids can commit out of order (PostgreSQL), numbers
    never do. Items stay when they are acknowledged: a chain that is restored from yesterday asks for them again.
    """

    organisation = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )  # every sale writes an item: one index less
    seq = models.BigIntegerField(null=True, unique=True)
    uid = models.UUIDField(null=True)  # which item this number stands for, where two histories of a store differ
    kind = models.CharField(max_length=10)
    ref = models.UUIDField(default=new_id)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["id"], name="outbox_unnumbered", condition=models.Q(seq__isnull=True))]


class FeedHead(TenantModel):
    """Where a chain's feed has got to. Whoever adds entries updates this row first, so positions commit in order."""

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+")
    position = models.BigIntegerField(default=0)
    mark = models.UUIDField(null=True)  # of the latest move
    moved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain"], name="feed_head_once")]


class FeedMove(TenantModel):
    """One move of the head to `position`; its id is the mark by which two histories of a chain are told apart."""

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+")
    position = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "position"], name="feed_move_once")]


class FeedEntry(TenantModel):
    """The newest position of (kind, key). `store` is set when only that store may have it."""

    # no indexes of their own: they would only lead a planner away from `feed_by_position`
    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(
        "organisation.Store", on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    position = models.BigIntegerField()
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "chain", "kind", "key"], name="feed_entry_once"),
        ]
        indexes = [models.Index(fields=["organisation", "chain", "position"], name="feed_by_position")]
