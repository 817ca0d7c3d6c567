"""Backups of a store, as the store knows them."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.backups.words import TROUBLES, Trouble
from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain, Device, Store


class BackupQuerySet(TenantQuerySet):
    def of_store(self, store: Store) -> Self:
        return self.filter(organisation_id=store.organisation_id, store=store)

    def due(self, now: datetime) -> Self:
        """What there is to do now, in the order it was asked for."""
        again = models.Q(state=Backup.State.FAILED, retry_at__lte=now)
        return self.filter(models.Q(state__in=AT_WORK) | again).order_by("asked_at", "id")

    def unproven(self, now: datetime) -> Self:
        """Whose proof may be asked for now."""
        return self.filter(state=Backup.State.UPLOADED, ask_proof_at__lte=now).order_by("asked_at", "id")

    def unfinished(self) -> Self:
        return self.filter(models.Q(state__in=AT_WORK) | models.Q(retry_at__isnull=False))

    def newest_made(self) -> "Backup | None":
        """The last one that got a manifest: the next one names it."""
        found: Backup | None = self.exclude(manifest="").order_by("-made_at", "-id").first()
        return found

    def newest_proven(self) -> "Backup | None":
        found: Backup | None = self.filter(state=Backup.State.PROVEN).order_by("-made_at", "-id").first()
        return found


class Backup(TenantModel):
    """One backup, from the moment it is asked for. `id` is the one in its manifest.

    `retry_at` of a failed one: when it is tried again; null when nothing more comes of it.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        MAKING = "MAKING", _("Being made")
        MADE = "MADE", _("Being sent")
        UPLOADED = "UPLOADED", _("Sent")
        PROVEN = "PROVEN", _("Proven")
        QUARANTINED = "QUARANTINED", _("Waits for a person")  # at the emergency cloud, which finds it odd
        SUPERSEDED = "SUPERSEDED", _("A newer one is proven")  # the proof of this one will never come
        FAILED = "FAILED", _("Failed")

    class Occasion(models.TextChoices):
        NIGHTLY = "NIGHTLY", _("Nightly")
        ON_DEMAND = "ON_DEMAND", _("On demand")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    occasion = models.CharField(max_length=9, choices=Occasion)
    state = models.CharField(max_length=11, choices=State, default=State.WAITING)
    day = models.DateField()  # the store's local day on which it was asked for
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=60)
    made_at = models.DateTimeField(null=True)
    uploaded_at = models.DateTimeField(null=True)  # the emergency cloud's clock
    proven_at = models.DateTimeField(null=True)  # the emergency cloud's clock
    manifest = models.TextField(blank=True)  # the butik-backup document
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    plain_size = models.BigIntegerField(default=0)
    articles = models.PositiveIntegerField(default=0)
    assistants = models.PositiveIntegerField(default=0)
    devices = models.PositiveIntegerField(default=0)
    price_version = models.PositiveIntegerField(null=True)
    proof = models.TextField(blank=True)  # the butik-proven document, or butik-quarantined
    trouble = models.CharField(max_length=20, blank=True)  # a key of words.TROUBLES: why it failed last
    detail = models.CharField(max_length=300, blank=True)  # for who looks closer
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    proof_asks = models.PositiveSmallIntegerField(default=0)  # how often it was sent again to fetch its proof
    ask_proof_at = models.DateTimeField(null=True)

    objects = BackupQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "store", "day"],
                condition=models.Q(occasion="NIGHTLY"),
                name="backup_nightly_once",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "store", "asked_at"], name="backup_by_time")]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"

    @property
    def why(self) -> Trouble | None:
        """Why it failed, in words."""
        return TROUBLES.get(self.trouble)

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK


AT_WORK = (Backup.State.WAITING, Backup.State.MAKING, Backup.State.MADE)


class RevocationSent(TenantModel):
    """That the emergency cloud knows of a revoked device; or when it is told again."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "device"], name="revocation_sent_once")]
