"""How a chain is activated: fixed when it was adopted, changed by two persons; and what support asks who calls."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from butik.approvals import actions as approvals
from butik.approvals.models import Approval
from butik.approvals.rules import NotAllowed
from butik.audit.actions import record
from butik.emergency.activating import ACTIVATE, acts_for_support
from butik.emergency.models import ActivationRules, SecurityQuestion
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person

KIND = "emergency.rules"
FEWEST = 3  # questions, of which support asks two
SHORTEST = 4  # letters of an answer: fewer are guessed


class BadRules(Exception):
    """Said in the user's words. `reason`: few, short, double, number."""

    def __init__(self, reason: str, said: str) -> None:
        super().__init__(said)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    answer: str


def normal_answer(text: str) -> str:
    """Letters and digits only: nobody remembers after years how she spelled it."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if each.isalnum())


def is_answer(question: SecurityQuestion, answer: str) -> bool:
    return check_password(normal_answer(answer), question.verifier)


def write_down(*, allows_alone: bool, call_back: str, questions: Sequence[Question]) -> dict[str, Any]:
    """As they are kept: answers as slow hashes. Without questions those that there are stay. Raises BadRules."""
    if questions and len(questions) < FEWEST:
        raise BadRules("few", f"At least {FEWEST} security questions are needed: support asks two of them.")
    if any(len(normal_answer(each.answer)) < SHORTEST for each in questions):
        raise BadRules("short", f"An answer needs at least {SHORTEST} letters or digits.")
    if len({normal_answer(each.text) for each in questions}) < len(questions):
        raise BadRules("double", "Two of the questions are the same.")
    if sum(each.isdigit() for each in call_back) < SHORTEST and call_back:
        raise BadRules("number", "The call-back number is no telephone number.")
    kept = [{"text": each.text.strip(), "verifier": make_password(normal_answer(each.answer))} for each in questions]
    return {"allows_alone": allows_alone, "call_back": call_back.strip(), "questions": kept}


def fix_rules(*, chain: Chain, content: dict[str, Any], actor: str, now: datetime) -> ActivationRules:
    """Call when two persons have agreed, or when the chain is adopted for the first time."""
    where = {"organisation_id": chain.organisation_id, "chain_id": chain.pk}
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        rules, _ = ActivationRules.objects.update_or_create(
            organisation_id=chain.organisation_id,
            chain=chain,
            defaults={name: content[name] for name in ("allows_alone", "call_back")}
            | {"wrong_answers": 0, "blocked_until": None},
        )
        if content["questions"]:
            SecurityQuestion.objects.filter(**where).delete()
            SecurityQuestion.objects.bulk_create(
                SecurityQuestion(**where, number=number, **each) for number, each in enumerate(content["questions"], 1)
            )
        questions = len(content["questions"])
        alone = rules.allows_alone
        record("emergency.rules.changed", **where, actor=actor, at=now, subject=chain.pk, alone=alone, new=questions)
    return rules


def ask_for_rules(*, chain: Chain, content: dict[str, Any], person: Person, now: datetime) -> Approval:
    _refuse_support(person, chain)
    return approvals.ask(
        chain=chain, kind=KIND, subject=chain.pk, content=content, fingerprint="", person=person, now=now
    )


def confirm_rules(*, approval: Approval, person: Person, now: datetime) -> None:
    """They hold at once: nothing is switched by them."""
    _refuse_support(person, approval.chain)
    with tenant_scope([approval.organisation_id]), transaction.atomic():
        confirmed = approvals.confirm(
            approval=approval, person=person, right=ACTIVATE, fingerprint="", now=now, window=now - now
        )
        approvals.start_due(organisation_id=approval.organisation_id, kind=KIND, now=now)
        fix_rules(chain=confirmed.chain, content=confirmed.content, actor=person.actor, now=now)
        finished = approvals.finish(approval=confirmed, now=now)
        finished.content = {"allows_alone": confirmed.content["allows_alone"]}  # verifiers are kept in one place only
        finished.save(update_fields=["content"])


def _refuse_support(person: Person, chain: Chain) -> None:
    """What support must pass is not support's to set."""
    if acts_for_support(person, chain):
        raise NotAllowed("support")
