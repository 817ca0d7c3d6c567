"""Ask, and what becomes of it. Each is one transaction with one audit line and one live event."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from butik.approvals import rules
from butik.approvals.models import Approval
from butik.approvals.rules import OPEN, Asked, NotAllowed, Signer, State
from butik.approvals.signers import signer
from butik.audit.actions import record
from butik.lib.ids import new_id
from butik.live.actions import announce
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.guards import holds
from butik.staff.models import Person
from butik.staff.rights import Right

SYSTEM = "system"


class AskedAlready(Exception):
    """Somebody was faster; `approval` is hers."""

    def __init__(self, approval: Approval) -> None:
        super().__init__("This has been asked for already.")
        self.approval = approval


def ask(
    *,
    chain: Chain,
    kind: str,
    subject: UUID,
    content: dict[str, Any],
    fingerprint: str,
    person: Person,
    now: datetime,
    notice: timedelta | None = None,
) -> Approval:
    """Ask for something; with `notice` alone, where the asking app permits that. Raises AskedAlready."""
    first = signer(person)
    asked = rules.ask(fingerprint, first, now) if notice is None else rules.ask_alone(fingerprint, first, now, notice)
    same = {"organisation_id": chain.organisation_id, "kind": kind, "subject": subject}
    with tenant_scope([chain.organisation_id]):
        for old in Approval.objects.filter(**same, state=State.ASKED, expires_at__lte=now):
            _step(old, "expired", SYSTEM, now, lambda each: rules.expire(each, now))
        try:
            with transaction.atomic():
                approval = Approval(
                    id=new_id(),
                    **same,
                    chain=chain,
                    content=content,
                    first_marks=sorted(first.marks),
                    first_by=first.id,
                    first_at=now,
                )
                _copy(approval, asked)
                approval.save(force_insert=True)
                _note(approval, "asked" if notice is None else "asked_alone", person.actor, now)
        except IntegrityError:
            known = Approval.objects.still_open(now).filter(**same).first()
            if known is None:
                raise
            raise AskedAlready(known) from None
    return approval


def confirm(
    *, approval: Approval, person: Person, right: Right, fingerprint: str, now: datetime, window: timedelta
) -> Approval:
    """The second person's yes to what she was shown. Raises NotAllowed; then nothing has changed."""
    second = signer(person)

    def take(asked: Asked) -> Asked:
        first = Person.objects.filter(pk=asked.first.id, is_active=True).first()
        if first is None or not holds(first, right, approval):
            raise NotAllowed("first-is-gone")
        marks = asked.first.marks | signer(first).marks  # as she was, and as she is
        both = replace(asked, first=Signer(first.pk, marks))
        return rules.confirm(both, second, fingerprint, now, window)

    return _step(approval, "confirmed", person.actor, now, take, second_by=person.pk)


def refuse(*, approval: Approval, person: Person, now: datetime, note: str = "") -> Approval:
    return _step(approval, "refused", person.actor, now, lambda asked: rules.refuse(asked, person.pk), note=note)


def withdraw(*, approval: Approval, person: Person, now: datetime) -> Approval:
    return _step(approval, "withdrawn", person.actor, now, lambda asked: rules.withdraw(asked, person.pk))


def cancel(*, approval: Approval, person: Person, now: datetime) -> Approval:
    """Stop what was confirmed, before it starts. Anybody who may confirm may do so."""
    return _step(approval, "cancelled", person.actor, now, lambda asked: rules.cancel(asked, person.pk))


def expire_old(*, organisation_id: UUID, now: datetime) -> None:
    with tenant_scope([organisation_id]):
        old = list(Approval.objects.filter(organisation_id=organisation_id, state=State.ASKED, expires_at__lte=now))
    for each in old:
        _step(each, "expired", SYSTEM, now, lambda asked: rules.expire(asked, now))


def start_due(*, organisation_id: UUID, kind: str, now: datetime) -> list[Approval]:
    """What is due, begun and not to be cancelled any more; also what was begun before by whoever died then."""
    with tenant_scope([organisation_id]):
        rows = Approval.objects.filter(organisation_id=organisation_id, kind=kind)
        begun = list(rows.filter(state=State.STARTED).select_related("chain"))
        due = list(rows.filter(state=State.CONFIRMED, due_at__lte=now).select_related("chain"))
    for each in due:
        try:
            started = _step(each, "started", SYSTEM, now, lambda asked: rules.start(asked, now))
        except NotAllowed:  # cancelled at the last moment
            continue
        if started.state == State.STARTED:
            begun.append(started)
    return begun


def finish(*, approval: Approval, now: datetime, failure: str = "") -> Approval:
    """It is carried out, or could not be. Again: the same."""
    verb = "failed" if failure else "done"
    try:
        return _step(
            approval, verb, SYSTEM, now, lambda asked: rules.finish(asked, has_failed=bool(failure)), note=failure
        )
    except NotAllowed:
        return approval


def _step(
    approval: Approval,
    verb: str,
    actor: str,
    now: datetime,
    take: Callable[[Asked], Asked],
    *,
    second_by: UUID | None = None,
    note: str = "",
) -> Approval:
    """One step under a lock: of two who take one at once the second finds what the first has made of it."""
    with tenant_scope([approval.organisation_id]), transaction.atomic():
        locked: Approval = Approval.objects.select_for_update(of=("self",)).select_related("chain").get(pk=approval.pk)
        before = locked.asked()
        after = take(before)
        if after.state == before.state:
            return locked
        _copy(locked, after)
        if second_by is not None:
            locked.second_at = now
        if after.state not in OPEN:
            locked.closed_at = now
        locked.note = note[:300] or locked.note
        locked.save()
        said = "expired" if after.state == State.EXPIRED else verb
        _note(locked, said, actor, now)
    return locked


def _copy(approval: Approval, asked: Asked) -> None:
    approval.state, approval.fingerprint = asked.state, asked.fingerprint
    approval.expires_at, approval.due_at = asked.expires_at, asked.due_at
    approval.second_by, approval.closed_by = asked.second, asked.closed_by


def _note(approval: Approval, verb: str, actor: str, now: datetime) -> None:
    where = {"organisation_id": approval.organisation_id, "chain_id": approval.chain_id}
    subject, kind = approval.pk, approval.kind
    record(f"approvals.request.{verb}", **where, actor=actor, at=now, subject=subject, kind=kind)
    announce("approval", **where, ref=approval.pk, at=now)
