"""An emergency of a chain, what becomes of each of its stores, and the papers that devices are given."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain, Device, Store


class EmergencyQuerySet(TenantQuerySet):
    def active(self) -> "EmergencyQuerySet":
        return self.filter(state="ACTIVE")


class Emergency(TenantModel):
    """From the activation to the last store's recovery. `id` is made where the activation is prepared, so that
    repeating it is the same emergency and another one at the same time is another."""

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", _("Active")
        ENDED = "ENDED", _("Ended")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="emergencies")
    number = models.PositiveIntegerField()  # counts those of the chain
    date = models.DateField()  # of the backups, as chosen
    state = models.CharField(max_length=6, choices=State, default=State.ACTIVE)
    activated_at = models.DateTimeField()
    activated_by = models.CharField(max_length=60)
    confirmed_by = models.CharField(max_length=60, blank=True)  # the second person; none where one gave notice
    is_by_support = models.BooleanField(default=False)  # for a customer who could not sign in
    ended_at = models.DateTimeField(null=True)

    objects = EmergencyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "chain", "number"], name="emergency_once"),
            # of two activations at once one wins
            models.UniqueConstraint(
                fields=["organisation", "chain"], condition=Q(state="ACTIVE"), name="emergency_one_active"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class EmergencyStore(TenantModel):
    """One store in one emergency: the backup that was chosen for it, and how far its recovery is."""

    class Choice(models.TextChoices):
        EXACT = "EXACT", _("Exact")
        OLDER = "OLDER", _("Nearest older")
        NEWER = "NEWER", _("Nearest newer")
        NONE = "NONE", _("None")

    class State(models.TextChoices):
        SELLING = "SELLING", _("Selling")
        RECOVERING = "RECOVERING", _("Recovering")
        RELEASED = "RELEASED", _("Released")
        RECOVERED = "RECOVERED", _("Recovered")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="stores")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="emergencies")
    choice = models.CharField(max_length=5, choices=Choice)
    backup_id = models.UUIDField(null=True)  # of the vault; its moments stay here when retention goes on
    backup_made_at = models.DateTimeField(null=True)
    backup_received_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.SELLING)
    key_hash = models.CharField(max_length=64, blank=True)  # of the recovery key; the key itself is shown once
    key_expires_at = models.DateTimeField(null=True)
    key_used_at = models.DateTimeField(null=True)
    claimed_key = models.BinaryField(max_length=32, null=True)  # the store key that may read this store's sales
    claimed_at = models.DateTimeField(null=True)
    claim_expires_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    recovered_at = models.DateTimeField(null=True)
    totals_sha256 = models.CharField(max_length=64, blank=True)  # that both sides agreed upon

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "emergency", "store"], name="emergency_store_once"),
        ]


class Order(TenantModel):
    """A butik-order. The newest one that concerns a device is what it obeys; signed again while it holds."""

    class Kind(models.TextChoices):
        ACTIVATE = "ACTIVATE", _("Activate")
        RELEASE = "RELEASE", _("Release")
        RECOVERED = "RECOVERED", _("Recovered")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", null=True)  # null: the whole chain
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="orders")
    kind = models.CharField(max_length=9, choices=Kind)
    version = models.PositiveIntegerField()  # counts the orders of the chain
    document = models.TextField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "chain", "version"], name="order_once"),
            models.UniqueConstraint(fields=["organisation", "emergency", "kind", "store"], name="order_of_store_once"),
            models.UniqueConstraint(
                fields=["organisation", "emergency", "kind"], condition=Q(store=None), name="order_of_chain_once"
            ),
        ]


class Assignment(TenantModel):
    """The place of one device in one emergency: its POS, and the E series that it opens there."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    emergency = models.ForeignKey(Emergency, on_delete=models.PROTECT, related_name="assignments")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    pos_number = models.PositiveIntegerField()
    series_id = models.UUIDField()
    label = models.CharField(max_length=8)
    document = models.TextField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "emergency", "device"], name="assignment_once"),
            models.UniqueConstraint(
                fields=["organisation", "store", "pos_number", "label"], name="assignment_series_once"
            ),
        ]


class Shortfall(TenantModel):
    """A device that never closed its series: what it still held is lost. Two different persons say so."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="shortfalls")
    reason = models.CharField(max_length=300)
    first_by = models.CharField(max_length=60)
    first_at = models.DateTimeField()
    second_by = models.CharField(max_length=60, blank=True)
    second_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "assignment"], name="shortfall_once"),
            models.CheckConstraint(condition=~Q(first_by=models.F("second_by")), name="shortfall_by_two"),
        ]


class Readiness(TenantModel):
    """The last readiness check of a device, and the price file that it was last known to hold."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="readiness")
    checked_at = models.DateTimeField()
    held_sha256 = models.CharField(max_length=64, blank=True)
    app_version = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "device"], name="readiness_once")]


class Paper(TenantModel):
    """The newest butik-prices or butik-staff of a store, signed by the emergency root. `version` only grows."""

    class Kind(models.TextChoices):
        PRICES = "PRICES", "butik-prices"
        STAFF = "STAFF", "butik-staff"

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind)
    version = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)  # of what it was made from
    sha256 = models.CharField(max_length=64, blank=True)  # of the price file
    document = models.TextField()
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "kind"], name="paper_once")]


class RecordHead(TenantModel):
    """How many records of a store have a position. Its row is locked by whoever adds one: so there is no gap."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store"], name="record_head_once")]


class RecordPosition(TenantModel):
    """Every record that devices have brought, booked or quarantined, in one gapless order for the store to read."""

    chain_id = models.UUIDField()
    store_id = models.UUIDField()
    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    document = models.TextField()
    received_at = models.DateTimeField()
    assignment_id = models.UUIDField(null=True)  # of the device that made it, if it has one

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "store_id", "position"], name="record_position_once"),
            models.UniqueConstraint(fields=["organisation", "store_id", "hash"], name="record_position_of_hash"),
        ]


class ActivationRules(TenantModel):
    """How a chain is activated, fixed when it was adopted; since then only two persons change it together."""

    chain = models.OneToOneField(Chain, on_delete=models.PROTECT, related_name="activation_rules")
    allows_alone = models.BooleanField(default=False)  # one person with a security key and notice
    call_back = models.CharField(max_length=30, blank=True)  # the number that support calls back
    wrong_answers = models.PositiveIntegerField(default=0)  # since the last right ones; never forgotten by a restart
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain"], name="activation_rules_once")]


class SecurityQuestion(TenantModel):
    """A question that support asks who calls. The answer is kept as a slow hash of its normal form."""

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="security_questions")
    number = models.PositiveIntegerField()
    text = models.CharField(max_length=200)
    verifier = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "number"], name="question_once")]


class SupportCase(TenantModel):
    """Somebody calls support and cannot sign in: who, why, what she answered, and that she was called back."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Questions are being asked")
        ANSWERED = "ANSWERED", _("Answered, to be called back")
        GOOD = "GOOD", _("Called back")
        REFUSED = "REFUSED", _("Wrong answers")
        USED = "USED", _("Activation asked for")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    caller = models.CharField(max_length=100)
    reason = models.CharField(max_length=300)
    opened_by = models.UUIDField()  # the supporter
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    questions = models.JSONField()  # numbers of those that are asked: the same ones until the case is closed
    reached = models.CharField(max_length=100, blank=True)  # who answered at the fixed number
    called_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "chain", "id"], name="support_case_once")]

    def is_good(self, now: datetime) -> bool:
        return self.state == self.State.GOOD and now < self.expires_at
