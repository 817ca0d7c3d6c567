"""Published price files."""

from datetime import datetime, timedelta

from django.db import models

from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain, Store


class PriceFileQuerySet(TenantQuerySet):
    def newest(self, store: Store) -> "PriceFile | None":
        """What the store's devices sell from."""
        found: PriceFile | None = (
            self.filter(organisation_id=store.organisation_id, store=store).order_by("-version").first()
        )
        return found


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

    objects = PriceFileQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store", "version"], name="price_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.articles})"

    def is_ageing(self, now: datetime, after: timedelta) -> bool:
        """Whether its manifest should be signed anew; it expires when it is twice as old."""
        return now - self.created_at >= after
