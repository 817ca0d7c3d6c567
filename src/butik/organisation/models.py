"""The tenant tree and the devices that hang in it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from butik.lib.ids import new_id
from butik.lib.tenant import PERMITTED, TenantModel, TenantQuerySet


class Organisation(models.Model):
    """The tenant."""

    # A worker must find out whom it works for before it can be in anybody's scope.
    ROW_CONDITION: ClassVar[str] = f"id = {PERMITTED} OR current_setting('butik.directory', true) = 'on'"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Company(TenantModel):
    """A legal person with a VAT number; its stores' receipts bear it."""

    name = models.CharField(max_length=100)
    vat_number = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "vat_number"], name="company_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Chain(TenantModel):
    """Stores that share articles, prices and an emergency."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="chains")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3, default="DKK")
    cash_rounding = models.PositiveIntegerField(default=50, help_text=_("Smallest coin in minor units; 0 = none"))
    root_key = models.BinaryField(max_length=32, null=True)  # public; the private one is a secret of the chain service
    emergency = models.TextField(blank=True)  # butik-emergency: the emergency cloud that it is paired with

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="chain_once")]

    def __str__(self) -> str:
        return self.name


class Store(TenantModel):
    """A shop. `key` is the store service's public key, once it has been enrolled at the chain."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="stores")
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="stores")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    address = models.CharField(max_length=200, blank=True)
    timezone = models.CharField(max_length=40, default="Europe/Copenhagen")
    language = models.CharField(max_length=5, default="da")
    key = models.BinaryField(max_length=32, null=True)
    key_version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "number"], name="store_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Pos(TenantModel):
    """A point of sale: its number stays the same whatever device stands in it, emergency included."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="poss")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=32)
    latest_series = models.PositiveIntegerField(default=0)  # highest N series that others have told of (truth 3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "number"], name="pos_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Device(TenantModel):
    """A tablet, phone or till that was enrolled in a POS. Its key is its identity; a new enrolment is a new device."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        UNPAIRED = "UNPAIRED", _("Unpaired")
        REVOKED = "REVOKED", _("Revoked")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="devices")
    pos = models.ForeignKey(Pos, on_delete=models.PROTECT, related_name="devices")
    name = models.CharField(max_length=64)
    key = models.BinaryField(max_length=32)
    kid = models.CharField(max_length=22)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    enrolment = models.TextField()  # the newest butik-enrolment document
    enrolment_version = models.PositiveIntegerField(default=1)
    app_version = models.CharField(max_length=20, blank=True)
    enrolled_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    clock_offset_ms = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "kid"], name="device_key_once")]

    def __str__(self) -> str:
        return self.name


class EnrolmentCode(TenantModel):
    """A one-time code, kept as a hash: for a device of a POS (at its store) or for a store service (at its chain)."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    pos = models.ForeignKey(Pos, on_delete=models.PROTECT, related_name="+", null=True)
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    # A stranger with a code has no organisation yet: the hash itself is the proof that the row may be found.
    ROW_CONDITION: ClassVar[str] = (
        f"organisation_id = {PERMITTED} OR code_hash = NULLIF(current_setting('butik.code', true), '')"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "code_hash"], name="enrolment_code_once")]


class Installation(models.Model):
    """Which store or chain this service is: one row. Not a tenant's data but the service's own."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    role = models.CharField(max_length=10)
    organisation_id = models.UUIDField(null=True)  # null: a chain service with several
    chain_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    chain_url = models.URLField(blank=True)  # store: where its chain service is; empty = stands alone
    root_key = models.BinaryField(max_length=32, null=True)  # store: the chain root that was pinned
    certificate = models.TextField(blank=True)  # store: the chain's butik-key for this store
    epoch = models.UUIDField(default=new_id)  # a new one whenever this database was restored


class WrongGuess(models.Model):
    """A wrong code or key of the last minute. Who guesses belongs to nobody: not a tenant's data."""

    door = models.CharField(max_length=20)  # what was guessed at
    caller = models.CharField(max_length=64)  # an address, or the key of a certificate
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["door", "caller", "at"], name="wrong_guess_of_caller")]


class SecretFile(models.Model):
    """A file in `secrets/` that this service has made, by its digest. Not a tenant's data but the service's own."""

    name = models.CharField(primary_key=True, max_length=80)
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name
