"""Events."""

from django.db import models


class LiveEvent(models.Model):
    """`id` is the cursor. `topic` says what is new (`sales`, `prices`, …), `ref` whose; no private text, ever."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("organisation.Organisation", on_delete=models.PROTECT, related_name="+")
    chain_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    topic = models.CharField(max_length=20)
    ref = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="live_by_time")]  # old events are swept by age
