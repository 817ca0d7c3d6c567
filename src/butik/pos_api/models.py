"""What devices are told that no other app keeps."""

from django.db import models

from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain, Store


class StaffDocument(TenantModel):
    """The newest butik-staff of a store: signed when what it says has changed, and not before."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)  # of what it says
    document = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store"], name="staff_document_once")]
