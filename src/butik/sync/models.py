"""How far store and chain have got with each other."""

from django.db import models

from butik.lib.ids import new_id
from butik.lib.tenant import TenantModel


class Uplink(models.Model):
    """Store side, one row: what the chain has acknowledged, how far the feed was applied, and when we last spoke.

    Sending and reading go on side by side, and each updates its own columns only.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    outbox = models.UUIDField(default=new_id)  # epoch of our outbox
    chain_epoch = models.UUIDField(null=True)
    acked = models.BigIntegerField(default=0)
    acked_uid = models.UUIDField(null=True)  # of that item: kept here too, for the item itself may get damaged
    feed_epoch = models.UUIDField(null=True)
    position = models.BigIntegerField(default=0)
    head = models.BigIntegerField(default=0)
    mark = models.UUIDField(null=True)  # of that head
    sweeping = models.BooleanField(default=False)
    contact_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)


class SkippedItem(models.Model):
    """Store side: an item of the outbox that could not be read when it was to be sent. It is sent when it can be."""

    item_id = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(null=True)  # none: it could not even be numbered
    uid = models.UUIDField(default=new_id)  # its own, or one in its stead where that cannot be read either
    reason = models.CharField(max_length=300)
    since = models.DateTimeField()  # not later than the item was made
    again = models.BigIntegerField(null=True)  # the item as which it was put in again; gone when that has been taken


class SeenKey(models.Model):
    """Store side: what was in the feed while it is read again, so that what was not in it can be dropped."""

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="seen_key_once")]


class HeldEntry(models.Model):
    """Store side: an entry of the feed that could not be applied yet; the next one of its key replaces it."""

    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=40)
    position = models.BigIntegerField()
    body = models.TextField()
    trouble = models.CharField(max_length=300)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="held_entry_once")]


class Inbox(TenantModel):
    """Chain side: the last item applied of a store's outbox, in the same transaction as what it applied."""

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey("organisation.Store", on_delete=models.PROTECT, related_name="+")
    outbox = models.UUIDField()
    applied = models.BigIntegerField(default=0)
    uid = models.UUIDField(null=True)  # of that item
    contact_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "outbox"], name="inbox_once")]


class TakenItem(TenantModel):
    """Chain side: an item other than a record that was taken, so that it is never taken twice.

    One that could not be applied is kept here with its bytes and the reason; it does not stop those behind it. If a
    fault of this software kept it out it is tried again (`retry_at`), as is every record of a device.
    """

    store = models.ForeignKey("organisation.Store", on_delete=models.PROTECT, related_name="+")
    uid = models.UUIDField()
    kind = models.CharField(max_length=10)
    taken_at = models.DateTimeField()
    trouble = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    tries = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "uid"], name="taken_item_once")]


class StoreStatus(TenantModel):
    """Chain side: what a store last said about itself, and when it last called."""

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+")
    store = models.OneToOneField("organisation.Store", on_delete=models.PROTECT, related_name="status")
    contact_at = models.DateTimeField()
    figures = models.JSONField(default=dict)
