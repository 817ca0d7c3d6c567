"""How far store and chain have got with each other."""

from django.db import models

from butik.lib.ids import new_id
from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain, Store


class Uplink(models.Model):
    """Store side, one row: what the chain has acknowledged, how far the feed has been applied, and when we last spoke."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    outbox = models.UUIDField(default=new_id)  # epoch of our outbox
    chain_epoch = models.UUIDField(null=True)
    acked = models.BigIntegerField(default=0)
    feed_epoch = models.UUIDField(null=True)
    position = models.BigIntegerField(default=0)
    head = models.BigIntegerField(default=0)
    contact_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)


class Inbox(TenantModel):
    """Chain side: the last item applied of a store's outbox, in the same transaction as what it applied."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    outbox = models.UUIDField()
    applied = models.BigIntegerField(default=0)
    contact_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "outbox"], name="inbox_once")]


class StoreStatus(TenantModel):
    """Chain side: what a store last said about itself, and when it last called."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.OneToOneField(Store, on_delete=models.PROTECT, related_name="status")
    contact_at = models.DateTimeField()
    figures = models.JSONField(default=dict)
