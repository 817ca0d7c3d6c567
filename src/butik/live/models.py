"""Events, and how far back they are kept."""

from django.db import models

from butik.lib.ids import new_id


class LiveEvent(models.Model):
    """`topic` says what is new (`sales`, `prices`, …), `ref` whose; no private text, ever.

    On SQLite ids commit in order. On PostgreSQL they do not: there migration 0002 adds `xid`, the writing transaction.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(
        "organisation.Organisation", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    chain_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    topic = models.CharField(max_length=20)
    ref = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="live_by_time")]  # old events are swept by age


class StreamState(models.Model):
    """One row. Cursors of another `epoch`, or not beyond `swept`, cannot be resumed from."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=new_id)  # a new one whenever this database was restored: ids begin again then
    swept = models.BigIntegerField(default=0)  # the highest cursor of an event that is no longer kept
