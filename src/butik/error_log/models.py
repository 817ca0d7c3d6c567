"""Entries of the error log."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel


class ErrorEntry(TenantModel):
    """Something that went wrong in a service, counted while it repeats. At a chain, `store` says whose entry it is."""

    class Level(models.TextChoices):
        WARNING = "WARNING", _("Warning")
        ERROR = "ERROR", _("Error")
        CRITICAL = "CRITICAL", _("Critical")

    chain = models.ForeignKey("organisation.Chain", on_delete=models.PROTECT, related_name="+", null=True)
    store = models.ForeignKey("organisation.Store", on_delete=models.PROTECT, related_name="+", null=True)
    level = models.CharField(max_length=8, choices=Level)
    source = models.CharField(max_length=80)  # the logger: butik.sync.client
    message = models.CharField(max_length=500)
    detail = models.TextField(blank=True)  # traceback
    fingerprint = models.CharField(max_length=64)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    latest_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # at a store: when its chain was last told

    class Meta:
        constraints = [
            # one row for each problem, whichever process counts it; a service without a store has its own
            models.UniqueConstraint(fields=["organisation", "store", "fingerprint"], name="error_of_store_once"),
            models.UniqueConstraint(
                fields=["organisation", "fingerprint"], condition=models.Q(store__isnull=True), name="error_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "latest_at"], name="errors_by_time"),
        ]
