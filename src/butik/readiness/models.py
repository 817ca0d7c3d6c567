"""What stores have told of their backups, and since when the chain waits for one."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel


class BackupReport(TenantModel):
    """One backup of a store, as far as the chain knows. PROVEN only by a proof that the pinned root has signed."""

    class State(models.TextChoices):
        MADE = "MADE", _("Made")
        UPLOADED = "UPLOADED", _("Uploaded")
        PROVEN = "PROVEN", _("Proven")
        QUARANTINED = "QUARANTINED", _("In quarantine at the emergency cloud: a person must look at it")
        SUPERSEDED = "SUPERSEDED", _("A newer one is proven")
        FAILED = "FAILED", _("Failed")

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey("organisation.Store", on_delete=models.PROTECT, related_name="+", db_index=False)
    backup = models.UUIDField()
    state = models.CharField(max_length=11, choices=State)
    made_at = models.DateTimeField()  # the store's word
    size = models.BigIntegerField(default=0)  # bytes, sealed
    detail = models.CharField(max_length=300, blank=True)  # of a failure, in words
    reported_at = models.DateTimeField()  # our clock, of the newest report
    received_at = models.DateTimeField(null=True)  # the emergency cloud's clock, by its proof; never later than ours
    articles = models.PositiveIntegerField(default=0)
    proof = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "backup"], name="backup_report_once")]
        indexes = [models.Index(fields=["organisation", "store", "made_at"], name="backup_reports_by_time")]


class BackupWatch(TenantModel):
    """Since when a store owes its chain a proven backup, and when the chain last complained that there is none."""

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.OneToOneField("organisation.Store", on_delete=models.PROTECT, related_name="backup_watch")
    since = models.DateTimeField()
    complained_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store"], name="backup_watch_once")]
