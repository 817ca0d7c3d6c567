"""Persons with memberships (pages), and shop assistants with PIN verifiers (POS)."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from butik.lib.ids import new_id
from butik.lib.tenant import ONESELF, PERMITTED, TenantModel
from butik.organisation.models import Chain, Store
from butik.staff.addresses import AddressField, normal_address
from butik.staff.rights import LEVEL_RIGHTS, Right
from butik.staff.visibility import Rows, restrict


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=normal_address(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in to pages. Belongs to no organisation by itself: memberships say what is seen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = AddressField(unique=True)
    name = models.CharField(max_length=100, blank=True)
    language = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    second_factor_version = models.PositiveIntegerField(default=1)  # counts its changes

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = PersonManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def actor(self) -> str:
        """How the audit log names her: a pseudonym."""
        return f"person:{self.pk}"

    def restrict(self, rows: Rows) -> Rows:
        return restrict(rows, self)

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What a session is bound to: it ends when she signs in by other means than those it was begun with."""
        means = f"{self.password}|{self.email}|{self.second_factor_version}"
        return salted_hmac("butik.staff.session", means, secret=secret, algorithm="sha256").hexdigest()


class TryCount(models.Model):
    """How far ahead of the clock somebody's wrong tries have come (`tries.py`). The key says nothing about whose."""

    key = models.CharField(max_length=64, primary_key=True)
    busy_until = models.DateTimeField(db_index=True)


class AccountMail(models.Model):
    """A mail about somebody's account that is to be sent (`account_mails.py`). No link is kept: it is made on sending.

    Whoever asks for a new password, known or not, makes a row: the page does not look who has the address.
    """

    class Kind(models.TextChoices):
        RESET = "RESET", "New password asked for"
        PASSWORD_CHANGED = "PASSWORD_CHANGED", "Password changed"
        SECOND_FACTOR_CHANGED = "SECOND_FACTOR_CHANGED", "Second factor changed"
        ADDRESS_CHANGED = "ADDRESS_CHANGED", "Address changed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    address = AddressField()
    kind = models.CharField(max_length=21, choices=Kind)
    language = models.CharField(max_length=5)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["address", "kind"], name="account_mail_once")]


class Membership(TenantModel):
    """A level over an organisation (no chain, no store), a chain (no store) or one store."""

    class Level(models.TextChoices):
        STORE_MANAGER = "STORE_MANAGER", _("Store manager")
        STORE_OWNER = "STORE_OWNER", _("Store owner")
        CHAIN_ADMINISTRATOR = "CHAIN_ADMINISTRATOR", _("Chain administrator")
        ORGANISATION_ADMINISTRATOR = "ORGANISATION_ADMINISTRATOR", _("Organisation administrator")
        SUPPORTER = "SUPPORTER", _("Supporter")

    # A person must find her own memberships before anybody knows which organisations she may see.
    ROW_CONDITION: ClassVar[str] = f"organisation_id = {PERMITTED} OR person_id = {ONESELF}"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    level = models.CharField(max_length=26, choices=Level)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person", "chain", "store"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(store__isnull=True) | models.Q(chain__isnull=False),
                name="membership_store_has_chain",
            ),
        ]

    @property
    def rights(self) -> frozenset[Right]:
        return LEVEL_RIGHTS[self.level]


class ShopAssistant(TenantModel):
    """Till staff. `pin` is the verifier as the wire has it (docs/formats/pos-api.md), never the PIN."""

    class Role(models.TextChoices):
        OPERATOR = "OPERATOR", _("Operator")
        SALESPERSON = "SALESPERSON", _("Salesperson")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="assistants")
    number = models.CharField(max_length=10)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=11, choices=Role, default=Role.OPERATOR)
    pin = models.JSONField()
    pin_version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(default=True)
    blocked_at = models.DateTimeField(null=True, blank=True)  # after too many wrong PINs; a higher pin_version opens
    revision = models.PositiveIntegerField(default=1)  # counts every change: of two versions the higher one is newer

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "store", "number"], name="assistant_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
