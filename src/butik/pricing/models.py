"""Published price files."""

from django.db import models

from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain, Store


class PriceFile(TenantModel):
    """A signed, content-addressed price file of one store. The newest version is what devices sell from."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="price_files")
    version = models.PositiveIntegerField()
    position = models.BigIntegerField()  # feed position that it reflects
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    articles = models.PositiveIntegerField()
    manifest = models.TextField()  # the butik-prices document
    content = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store", "version"], name="price_file_once"),
        ]
