"""A customer calls and cannot sign in: two of the fixed questions, a call back to the fixed number, two supporters."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from butik.audit.actions import record
from butik.emergency.models import ActivationRules, SecurityQuestion, SupportCase
from butik.emergency.rules import is_answer
from butik.error_log.actions import log_problem
from butik.error_log.problems import Place
from butik.live.actions import announce
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person

ASKED = 2
WRONG = 3  # answers of a chain; then no call of it is taken for a while
BLOCKED = timedelta(hours=24)
GOOD_FOR = timedelta(hours=1)
State = SupportCase.State


class NoSupport(Exception):
    """`reason`: nothing-fixed, blocked, closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_blocked(rules: ActivationRules, now: datetime) -> bool:
    return rules.blocked_until is not None and now < rules.blocked_until


def open_case(*, chain: Chain, caller: str, reason: str, person: Person, now: datetime) -> SupportCase:
    """Two questions are drawn for the call. Wrong answers are counted for the chain: calling again helps nobody."""
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        rules = _lock(chain)
        numbers = list(
            SecurityQuestion.objects.filter(organisation_id=chain.organisation_id, chain=chain)
            .order_by("number")
            .values_list("number", flat=True)
        )
        if rules is None or not rules.call_back or len(numbers) < ASKED:
            raise NoSupport("nothing-fixed")
        if is_blocked(rules, now):
            raise NoSupport("blocked")
        case = SupportCase.objects.create(
            organisation_id=chain.organisation_id,
            chain=chain,
            caller=caller,
            reason=reason,
            opened_by=person.pk,
            opened_at=now,
            expires_at=now + GOOD_FOR,
            questions=sorted(secrets.SystemRandom().sample(numbers, ASKED)),
        )
        _note(case, "opened", person, now)
    return case


def answer_questions(*, case: SupportCase, answers: dict[int, str], person: Person, now: datetime) -> SupportCase:
    """All at once, so that nobody learns which one was wrong. The try is counted before it is judged."""
    with tenant_scope([case.organisation_id]), transaction.atomic():
        rules = _lock(case.chain)
        locked = _of(case, person, State.OPEN, now)
        if rules is None or is_blocked(rules, now):
            raise NoSupport("blocked")
        rules.wrong_answers += 1
        rules.save(update_fields=["wrong_answers"])
        questions = SecurityQuestion.objects.filter(
            organisation_id=case.organisation_id, chain_id=case.chain_id, number__in=locked.questions
        )
        rights = [is_answer(each, answers.get(each.number, "")) for each in questions]
        if len(rights) == ASKED and all(rights):
            rules.wrong_answers, locked.state = 0, State.ANSWERED
            _note(locked, "answered", person, now)
        else:
            _note(locked, "refused", person, now)
            if rules.wrong_answers >= WRONG:
                rules.wrong_answers, rules.blocked_until, locked.state = 0, now + BLOCKED, State.REFUSED
                _warn(locked, now)
        rules.save(update_fields=["wrong_answers", "blocked_until"])
        locked.save(update_fields=["state"])
    return locked


def call_back(*, case: SupportCase, reached: str, person: Person, now: datetime) -> SupportCase:
    """The supporter says that she called the fixed number, and whom she reached there."""
    with tenant_scope([case.organisation_id]), transaction.atomic():
        _lock(case.chain)
        locked = _of(case, person, State.ANSWERED, now)
        locked.state, locked.reached, locked.called_at = State.GOOD, reached, now
        locked.save(update_fields=["state", "reached", "called_at"])
        _note(locked, "called_back", person, now)
    return locked


def _lock(chain: Chain) -> ActivationRules | None:
    found: ActivationRules | None = (
        ActivationRules.objects.select_for_update().filter(organisation_id=chain.organisation_id, chain=chain).first()
    )
    return found


def _of(case: SupportCase, person: Person, state: str, now: datetime) -> SupportCase:
    locked: SupportCase = SupportCase.objects.select_related("chain").get(pk=case.pk)
    if locked.opened_by != person.pk or locked.state != state or now >= locked.expires_at:
        raise NoSupport("closed")
    return locked


def _note(case: SupportCase, verb: str, person: Person, now: datetime) -> None:
    where = {"organisation_id": case.organisation_id, "chain_id": case.chain_id}
    record(f"emergency.support.{verb}", **where, actor=person.actor, at=now, subject=case.pk)
    announce("approval", **where, ref=case.pk, at=now)


def _warn(case: SupportCase, now: datetime) -> None:
    place = Place(case.organisation_id, case.chain_id)
    said = f"Somebody who called support for {case.chain.name} gave wrong answers: no call is taken for a day."
    log_problem(level="ERROR", source="butik.emergency", message=said, now=now, place=place)
