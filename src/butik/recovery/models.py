"""A store's way home from an emergency, and the records that it took."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel
from butik.organisation.models import Chain, Store


class Recovery(TenantModel):
    """One emergency of this store. `position` is kept in the transaction that books what it stands for."""

    class State(models.TextChoices):
        CLAIMED = "CLAIMED", _("Key accepted")
        FETCHING = "FETCHING", _("Sales come down")
        RELEASED = "RELEASED", _("Devices are stopped")
        AGREED = "AGREED", _("Totals agree")
        RECOVERED = "RECOVERED", _("Recovered")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="recoveries")
    emergency_id = models.UUIDField()
    emergency_number = models.PositiveIntegerField()
    url = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=State, default=State.CLAIMED)
    position = models.BigIntegerField(default=0)  # of the last record that was taken
    head = models.BigIntegerField(default=0)  # of the newest that the cloud has told of
    booked = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)  # the store had them already
    quarantined = models.PositiveIntegerField(default=0)
    backup = models.JSONField(null=True)  # that the emergency sold from, as the cloud describes it
    waiting = models.JSONField(default=list)  # devices that have not closed their series: {pos, name, label}
    rows = models.JSONField(default=list)  # of the last comparison, a line a series: see `comparison.Row`
    differences = models.JSONField(default=list)  # of the last comparison: see `comparison.Difference`
    compared_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)  # when it last had all there was
    trouble = models.CharField(max_length=300, blank=True)
    claimed_at = models.DateTimeField()
    claimed_by = models.CharField(max_length=60)
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    recovered_at = models.DateTimeField(null=True)
    recovered_by = models.CharField(max_length=60, blank=True)
    gap_from = models.DateTimeField(null=True)  # the last emergency sale, as the cloud says
    gap_until = models.DateTimeField(null=True)  # normal selling may begin

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store", "emergency_id"], name="recovery_once"),
        ]

    def __str__(self) -> str:
        return str(self.emergency_number)

    @property
    def percent(self) -> int:
        return 100 * self.position // self.head if self.head else 0

    @property
    def is_level(self) -> bool:
        """It has all that the cloud has told of."""
        return self.fetched_at is not None and self.position >= self.head

    @property
    def is_released(self) -> bool:
        return self.released_at is not None

    @property
    def is_recovered(self) -> bool:
        return self.state == self.State.RECOVERED


class RecoveredRecord(TenantModel):
    """A record that came down: proof of what was taken, and of which sales the totals are made."""

    recovery = models.ForeignKey(Recovery, on_delete=models.PROTECT, related_name="records", db_index=False)
    position = models.BigIntegerField()
    sale_id = models.UUIDField(null=True)  # null: no sale, or another one has its id
    outcome = models.CharField(max_length=11)  # BOOKED, KNOWN, QUARANTINED: what became of it when it came
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "recovery", "position"], name="recovered_record_once"),
        ]
        indexes = [models.Index(fields=["organisation", "recovery", "sale_id"], name="recovered_sale")]
