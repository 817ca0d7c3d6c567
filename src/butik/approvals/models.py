"""What was asked for, by whom, and what became of it."""

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from butik.approvals.rules import OPEN, Asked, Signer, State, is_expired
from butik.lib.tenant import TenantModel, TenantQuerySet
from butik.organisation.models import Chain
from butik.staff.models import Person


class ApprovalQuerySet(TenantQuerySet):
    def still_open(self, now: datetime) -> "ApprovalQuerySet":
        """What has run out is not, also before the worker has noted it."""
        return self.filter(state__in=OPEN).exclude(state=State.ASKED, expires_at__lte=now)


class Approval(TenantModel):
    """One request. Of one kind about one subject one is open at a time: of two first-askers one is told."""

    STATES = [
        (State.ASKED, _("waits for a second person")),
        (State.CONFIRMED, _("confirmed")),
        (State.STARTED, _("being carried out")),
        (State.DONE, _("done")),
        (State.REFUSED, _("refused")),
        (State.WITHDRAWN, _("withdrawn")),
        (State.CANCELLED, _("cancelled")),
        (State.EXPIRED, _("ran out")),
        (State.FAILED, _("failed")),
    ]

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)  # of the app that asks: emergency.activation
    subject = models.UUIDField()  # what it is about
    content = models.JSONField()  # what exactly; the asking app reads it
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=STATES)
    first_by = models.UUIDField()
    first_marks = models.JSONField(default=list)
    first_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    second_by = models.UUIDField(null=True)
    second_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    objects = ApprovalQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject"], condition=Q(state__in=OPEN), name="approval_one_open"
            ),
            models.CheckConstraint(condition=~Q(first_by=models.F("second_by")), name="approval_by_two"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_alone(self) -> bool:
        """One person with notice."""
        return self.second_by is None and self.due_at is not None

    @property
    def first_name(self) -> str:
        return name_of(self.first_by)

    @property
    def second_name(self) -> str:
        return name_of(self.second_by)

    @property
    def closed_name(self) -> str:
        return name_of(self.closed_by)

    def asked(self) -> Asked:
        return Asked(
            state=State(self.state),
            fingerprint=self.fingerprint,
            first=Signer(self.first_by, frozenset(self.first_marks)),
            expires_at=self.expires_at,
            second=self.second_by,
            due_at=self.due_at,
            closed_by=self.closed_by,
        )

    def state_at(self, now: datetime) -> str:
        """An old request has run out, also before the worker has noted it."""
        return State.EXPIRED if is_expired(self.asked(), now) else self.state


def name_of(person_id: UUID | None) -> str:
    person = Person.objects.filter(pk=person_id).first() if person_id else None
    return str(person) if person else ""
