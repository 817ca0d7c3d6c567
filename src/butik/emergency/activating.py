"""Who may have an emergency activated: two persons, or one with a security key and notice; then a moment to cancel.

What is asked for is what was previewed, backup by backup; exactly that is carried out, also when a newer backup comes
in the last moment. The due moment stands in the database, and the request's id is the emergency's: so whichever
process dies, the worker carries it out once.
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from butik.approvals import actions as approvals
from butik.approvals.models import Approval
from butik.approvals.rules import NotAllowed, State
from butik.emergency.actions import CannotActivate, activate, check_preview, running_emergency
from butik.emergency.models import ActivationRules, Emergency, SupportCase
from butik.emergency.preview import Preview, preview_activation
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.guards import reaches
from butik.staff.models import Membership, Person
from butik.staff.rights import Right
from butik.vault.actions import freeze, lift

KIND = "emergency.activation"
ACTIVATE = Right.EMERGENCY_EMERGENCY_ACTIVATE
WINDOW = timedelta(seconds=30)  # in which what two persons have confirmed can be cancelled
NOTICE = timedelta(minutes=15)  # to all others, when one person asks alone


def ask_for_activation(
    *,
    chain: Chain,
    date: date,
    accept_newer: bool,
    accept_none: bool,
    expected: str,
    person: Person,
    now: datetime,
    is_alone: bool = False,
    case: SupportCase | None = None,
) -> Approval:
    """The first person's part: she has seen the preview whose fingerprint is `expected`.

    `is_alone`: with notice instead of a second person; the caller has seen her security key. Raises CannotActivate,
    NotAllowed, AskedAlready.
    """
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        running = running_emergency(chain)
        if running is not None:
            raise CannotActivate("active", "The emergency of this chain is active already.", running)
        preview = check_preview(chain, date, accept_newer, accept_none, expected, now)
        _require_support(chain, person, case, now)
        if is_alone and (acts_for_support(person, chain) or not rules_of(chain).allows_alone):
            raise NotAllowed("not-alone")
        content = {
            "date": date.isoformat(),
            "accept_newer": accept_newer,
            "accept_none": accept_none,
            "held": {str(each.store.pk): str(each.backup.pk) if each.backup else None for each in preview.stores},
            "preview": preview.fingerprint,
            "support": str(case.pk) if case else "",
        }
        approval = approvals.ask(
            chain=chain,
            kind=KIND,
            subject=chain.pk,
            content=content,
            fingerprint=_fingerprint(chain, preview, accept_newer, accept_none),
            person=person,
            now=now,
            notice=NOTICE if is_alone else None,
        )
        if case is not None:
            SupportCase.objects.filter(pk=case.pk).update(state=SupportCase.State.USED)
        if is_alone:
            freeze(chain=chain, actor=person.actor, now=now)
        _warn(approval, now)
    return approval


def confirm_activation(*, approval: Approval, person: Person, expected: str, now: datetime) -> Approval:
    """The second person's part: she has seen the same preview. Raises NotAllowed; `changed` when it is another now."""
    chain = approval.chain
    said = approval.content
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        if acts_for_support(person, chain) and not said["support"]:
            raise NotAllowed("support")
        preview = preview_activation(chain, date.fromisoformat(said["date"]))
        if preview.fingerprint != expected:
            raise NotAllowed("changed")
        confirmed = approvals.confirm(
            approval=approval,
            person=person,
            right=ACTIVATE,
            fingerprint=_fingerprint(chain, preview, said["accept_newer"], said["accept_none"]),
            now=now,
            window=WINDOW,
        )
        freeze(chain=chain, actor=person.actor, now=now)  # what was confirmed is still there when it is due
        _warn(confirmed, now)
    return confirmed


def cancel_activation(*, approval: Approval, person: Person, now: datetime) -> Approval:
    with tenant_scope([approval.organisation_id]), transaction.atomic():
        cancelled = approvals.cancel(approval=approval, person=person, now=now)
        lift(chain=approval.chain, actor=person.actor, now=now)
        _warn(cancelled, now)
    return cancelled


def carry_out_activations(*, organisation_id: UUID, now: datetime) -> None:
    """The worker's part: what is due, once. Again after a death: the same emergency."""
    approvals.expire_old(organisation_id=organisation_id, now=now)
    for approval in approvals.start_due(organisation_id=organisation_id, kind=KIND, now=now):
        _carry_out(approval, now)


def _carry_out(approval: Approval, now: datetime) -> None:
    failure = ""
    if not _exists(approval):
        said = approval.content
        try:
            activate(
                chain=approval.chain,
                date=date.fromisoformat(said["date"]),
                accept_newer=said["accept_newer"],
                accept_none=said["accept_none"],
                attempt=approval.pk,
                held=held_backups(approval),
                actor=f"person:{approval.first_by}",
                confirmed_by=f"person:{approval.second_by}" if approval.second_by else "",
                is_by_support=bool(said["support"]),
                now=now,
            )
        except CannotActivate as refusal:
            failure = refusal.reason
    finished = approvals.finish(approval=approval, now=now, failure=failure)
    if finished.state == State.FAILED:
        with tenant_scope([approval.organisation_id]):
            _warn(finished, now)


def _exists(approval: Approval) -> bool:
    """Begun before a death, and perhaps ended since."""
    with tenant_scope([approval.organisation_id]):
        emergency = Emergency.objects.filter(organisation_id=approval.organisation_id, pk=approval.pk).first()
        return emergency is not None and emergency.orders.exists()


def held_backups(approval: Approval) -> dict[UUID, UUID | None]:
    """Store to backup, as confirmed."""
    return {UUID(store): UUID(backup) if backup else None for store, backup in approval.content.get("held", {}).items()}


def open_request(chain: Chain, now: datetime) -> Approval | None:
    found: Approval | None = _requests(chain).still_open(now).first()
    return found


def newest_request(chain: Chain) -> Approval | None:
    found: Approval | None = _requests(chain).order_by("-first_at", "-id").first()
    return found


def _requests(chain: Chain) -> Any:
    return Approval.objects.filter(organisation_id=chain.organisation_id, kind=KIND, subject=chain.pk)


def rules_of(chain: Chain) -> ActivationRules:
    """As fixed when the chain was adopted, or by two persons since."""
    found: ActivationRules | None = ActivationRules.objects.filter(
        organisation_id=chain.organisation_id, chain=chain
    ).first()
    return found or ActivationRules(organisation_id=chain.organisation_id, chain=chain)


def acts_for_support(person: Person, chain: Chain) -> bool:
    """Whether all that lets her activate this chain is that she supports it."""
    levels = {each.level for each in person.memberships.all() if ACTIVATE in each.rights and reaches(each, chain)}
    return levels == {Membership.Level.SUPPORTER}


def _require_support(chain: Chain, person: Person, case: SupportCase | None, now: datetime) -> None:
    """A supporter asks only for a customer whom she has asked the questions and called back."""
    if not acts_for_support(person, chain):
        return
    if case is None or case.opened_by != person.pk or not case.is_good(now):
        raise NotAllowed("support")


def _fingerprint(chain: Chain, preview: Preview, accept_newer: bool, accept_none: bool) -> str:
    said = [str(chain.pk), preview.fingerprint, accept_newer, accept_none]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


_SAID = {
    State.ASKED: "The emergency of %s was asked for; it waits for a second person.",
    State.CONFIRMED: "The emergency of %s is about to begin; it can still be cancelled.",
    State.CANCELLED: "The emergency of %s was cancelled before it began.",
    State.FAILED: "The emergency of %s could not begin: a backup that was confirmed is gone. Ask again.",
}


def _warn(approval: Approval, now: datetime) -> None:
    """In the error log too, which is looked at by all: nobody is to hear of it afterwards only."""
    said = _SAID.get(State(approval.state))
    if said:
        chain = approval.chain
        place = Place(chain.organisation_id, chain.pk)
        level = "CRITICAL" if approval.state == State.FAILED else "WARNING"
        log_problem(level=level, source="butik.emergency", message=said % chain.name, now=now, place=place)
