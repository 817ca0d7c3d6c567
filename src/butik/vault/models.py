"""Backups as they were received, what devices sell from in an emergency, and what keeps retention from deleting."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain, Store


class StoredBackupQuerySet(TenantQuerySet):
    def of_store(self, store: Store) -> Self:
        return self.filter(organisation_id=store.organisation_id, store=store)

    def proven(self) -> Self:
        return self.filter(state=StoredBackup.State.PROVEN)

    def waiting(self) -> Self:
        """Not judged yet, the oldest first: of two, the newer one's devices are written last."""
        return self.filter(state=StoredBackup.State.RECEIVED).order_by("received_at", "id")

    def newest_proven(self, store: Store) -> "StoredBackup | None":
        found: StoredBackup | None = self.of_store(store).proven().order_by("-received_at", "-id").first()
        return found

    def newest_quarantined(self, store: Store, proven: "StoredBackup | None") -> "StoredBackup | None":
        """The newest one that waits for a person, if it is newer than what is proven."""
        rows = self.of_store(store).filter(state=StoredBackup.State.QUARANTINED)
        if proven is not None:
            rows = rows.filter(received_at__gt=proven.received_at)
        found: StoredBackup | None = rows.order_by("-received_at", "-id").first()
        return found


class StoredBackup(TenantModel):
    """One backup of a store. `id` is the store's own, `object` the name that we gave the file; bytes never change.

    `day` is the local date of its receipt by our clock: the only date that choice and retention ever look at.
    """

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", _("Received")
        PROVEN = "PROVEN", _("Proven")
        QUARANTINED = "QUARANTINED", _("In quarantine")  # whole, and not to be believed without a person
        REFUSED = "REFUSED", _("Refused")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    manifest = models.TextField()  # the butik-backup document
    object = models.CharField(max_length=200)  # path under BUTIK_DATA/objects
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    made_at = models.DateTimeField()  # the store's clock: shown, never reckoned with
    received_at = models.DateTimeField()
    day = models.DateField()
    key_version = models.PositiveIntegerField()  # of the store's key that signed it
    state = models.CharField(max_length=11, choices=State, default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(default=0)  # to prove it, that were cut short by ourselves
    refusal = models.CharField(max_length=300, blank=True)
    proof = models.TextField(blank=True)  # the butik-proven document, or butik-quarantined
    proven_at = models.DateTimeField(null=True)  # or put into quarantine
    compared_with = models.UUIDField(null=True)  # the newest proven one at that moment
    differences = models.TextField(blank=True)  # list of differences.Difference, JSON
    contents = models.TextField(blank=True)  # differences.Contents, JSON: what the next one is compared with
    accepted_at = models.DateTimeField(null=True)  # by a person, out of quarantine: it is then proven whatever differs
    accepted_by = models.CharField(max_length=60, blank=True)
    accept_reason = models.CharField(max_length=300, blank=True)
    articles = models.PositiveIntegerField(default=0)
    price_sha256 = models.CharField(max_length=64, blank=True)  # StoredPrices; empty: nothing to sell from
    price_version = models.PositiveIntegerField(default=0)  # of the store's price file
    price_position = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)  # of the feed: versions until then are here
    staff = models.BinaryField(default=b"")  # till staff as in butik-staff: JSON, sealed with age to ourselves

    objects = StoredBackupQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            # the same bytes again under another id are an old file under a new name
            models.UniqueConstraint(fields=["organisation", "store", "sha256"], name="stored_backup_once"),
        ]
        indexes = [
            models.Index(fields=["organisation", "store", "received_at"], name="stored_backup_by_receipt"),
            models.Index(fields=["organisation", "state"], name="stored_backup_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.sha256[:8]}"


class StoredPrices(TenantModel):
    """The bytes of a store's price file, once however many backups hold it."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    shelf = models.BinaryField(default=b"")  # list of evidence.Priced as the jail read them, packed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store", "sha256"], name="stored_prices_once"),
        ]

    def __str__(self) -> str:
        return self.sha256[:8]


class Freeze(TenantModel):
    """While a chain has one, retention deletes nothing of it: an emergency is active."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain"], name="freeze_once")]


class MissingDay(TenantModel):
    """A day on which a store's backup was missing and the error log said so: once a day."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "day"], name="missing_day_once")]


class TrustedStore(TenantModel):
    """While its chain's emergency goes on for others, this store has come home: what it says counts again."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store"], name="trusted_store_once")]


class Revocation(TenantModel):
    """A store's word that a device of its is revoked, also one that never showed itself here (butik-revocation)."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waits for a person")
        COUNTS = "COUNTS", _("Revoked")
        REFUSED = "REFUSED", _("Not believed")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    device_id = models.UUIDField()
    kid = models.CharField(max_length=22)
    document = models.TextField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "kid"], name="revocation_once")]


class NewDevice(TenantModel):
    """A device that showed its papers while its store was held: it counts for nothing until a person says so.

    It stands in no table of devices meanwhile. Its store may be one that nobody here has heard of: so no foreign key.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waits for a person")
        APPROVED = "APPROVED", _("Approved")
        REFUSED = "REFUSED", _("Refused")

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    device_id = models.UUIDField()
    kid = models.CharField(max_length=22)
    key = models.BinaryField(max_length=32)
    pos_number = models.PositiveIntegerField()
    name = models.CharField(max_length=64)
    enrolment = models.TextField()  # the butik-enrolment document
    certificate = models.TextField()  # butik-key: who vouches for it
    key_version = models.PositiveIntegerField()  # of that store key
    is_key_new = models.BooleanField()  # nor was that key known before the emergency
    app_version = models.CharField(max_length=20, blank=True)
    first_seen_at = models.DateTimeField()
    latest_seen_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kid"], name="new_device_once")]
        indexes = [models.Index(fields=["organisation", "chain_id", "state"], name="new_device_by_state")]

    def __str__(self) -> str:
        return self.name
