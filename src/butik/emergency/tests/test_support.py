"""Rules of the activation, changed by two; and support for a customer who cannot sign in (row 100)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from tests.support.till import NOW

from butik.approvals.models import Approval
from butik.audit.models import AuditEntry
from butik.emergency.models import ActivationRules, Emergency, SecurityQuestion
from butik.emergency.rules import Question, fix_rules, normal_answer, write_down
from butik.emergency.tests.conftest import Cloud, admit, carry_out, with_factor
from butik.emergency.tests.test_two_persons import activation, answer, ask, request, text
from butik.lib import clock
from butik.organisation.pairing import introduce_chain
from butik.organisation.tenancy import tenant_scope

ANSWERS = {"First dog": "Trofast", "Street of the first shop": "Vester Allé 7", "Name of the boat": "Havfruen"}
QUESTIONS = [Question(text, said) for text, said in ANSWERS.items()]


@pytest.fixture
def fixed(backed: Cloud) -> Cloud:
    content = write_down(allows_alone=False, call_back="+45 33 12 34 56", questions=QUESTIONS)
    fix_rules(chain=backed.chain, content=content, actor="system", now=NOW)
    return backed


@pytest.fixture
def anton(cloud: Cloud) -> Client:
    return with_factor(admit(cloud, "anton", "SUPPORTER"))


def support(cloud: Cloud) -> str:
    return f"/chains/{cloud.chain.pk}/support/"


def tell(client: Client, cloud: Cloud, step: str, **said: str) -> Any:
    return client.post(support(cloud), {"step": step} | said, follow=True)


def asked_for(cloud: Cloud, page: Any, *, right: bool = True) -> dict[str, str]:
    """Answers to the two questions that stand on the page."""
    with tenant_scope([cloud.organisation_id]):
        shown = [each for each in SecurityQuestion.objects.all() if f"answer_{each.number}" in page.content.decode()]
    assert len(shown) == 2
    return {f"answer_{each.number}": ANSWERS[each.text].upper() if right else "Fido" for each in shown}


def walk(client: Client, cloud: Cloud) -> None:
    """Who calls, the questions, the call back."""
    page = tell(client, cloud, "CALL", caller="Olga Holm", reason="Her laptop is locked by the attacker")
    page = tell(client, cloud, "OPEN", **asked_for(cloud, page))
    assert "+45 33 12 34 56" in text(page)
    assert "Ask for the activation" in text(tell(client, cloud, "ANSWERED", reached="Per Holm", called="on"))


def test_two_supporters_activate_for_a_customer_who_cannot_sign_in(dorte: Client, anton: Client, fixed: Cloud) -> None:
    assert dorte.get(activation(fixed)).headers["Location"] == support(fixed)
    walk(dorte, fixed)
    assert "You have asked for the activation" in text(ask(dorte, fixed))
    assert "By support, for a customer who cannot sign in" in text(dorte.get("/board/"))
    seen = text(anton.get(request(fixed)))
    assert "Olga Holm called, answered the security questions, and Per Holm was reached" in seen
    answer(anton, fixed)
    carry_out(fixed)
    alice = with_factor(admit(fixed, "alice"))
    assert "Activated by support" in text(alice.get(f"/chains/{fixed.chain.pk}/"))
    with tenant_scope([fixed.organisation_id]):
        assert Emergency.objects.get().is_by_support
        assert AuditEntry.objects.get(action="emergency.emergency.activated").data["by_support"] is True
        verbs = set(AuditEntry.objects.filter(action__startswith="emergency.support").values_list("action", flat=True))
        assert verbs == {f"emergency.support.{each}" for each in ("opened", "answered", "called_back")}


def test_support_asks_for_nothing_without_its_call(dorte: Client, anton: Client, fixed: Cloud) -> None:
    walk(dorte, fixed)
    assert anton.get(activation(fixed)).headers["Location"] == support(fixed)  # the call was not his
    posted = anton.post(activation(fixed), {"date": NOW.date().isoformat(), "expected": "x", "name": "Nordly"})
    assert posted.status_code == 422
    ask(dorte, fixed)
    answer(dorte, fixed)
    with tenant_scope([fixed.organisation_id]):
        assert Approval.objects.get().state == "ASKED"
    answer(anton, fixed, "refuse")
    assert dorte.get(activation(fixed)).headers["Location"] == support(fixed)  # a call is good once


def test_a_call_is_good_for_an_hour(dorte: Client, fixed: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(dorte, fixed)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    assert dorte.get(activation(fixed)).headers["Location"] == support(fixed)


def test_wrong_answers_are_counted_for_the_chain_and_block(dorte: Client, anton: Client, fixed: Cloud) -> None:
    for client in (dorte, anton, dorte):
        page = tell(client, fixed, "CALL", caller="Mallory", reason="It is urgent, believe me")
        page = client.get(support(fixed))
        told = text(tell(client, fixed, "OPEN", **asked_for(fixed, page, right=False)))
        assert "Not all answers are right" in told
    assert "No call is taken" in text(dorte.get(support(fixed)))
    page = anton.get(support(fixed))  # his own call was still open: blocked too
    assert "no call of this chain is taken" in text(tell(anton, fixed, "OPEN", **asked_for(fixed, page)))
    with tenant_scope([fixed.organisation_id]):
        assert ActivationRules.objects.get().blocked_until == NOW + timedelta(hours=24)


def test_a_step_cannot_be_leapt_over(dorte: Client, fixed: Cloud) -> None:
    tell(dorte, fixed, "CALL", caller="Mallory", reason="It is urgent, believe me")
    tell(dorte, fixed, "ANSWERED", reached="Myself", called="on")
    tell(dorte, fixed, "GOOD")
    assert dorte.get(activation(fixed)).headers["Location"] == support(fixed)


def test_where_nothing_was_fixed_support_cannot(dorte: Client, backed: Cloud) -> None:
    assert "Support cannot activate this chain" in text(dorte.get(support(backed)))
    tell(dorte, backed, "CALL", caller="Olga Holm", reason="Her laptop is locked")
    assert dorte.get(activation(backed)).headers["Location"] == support(backed)


def test_the_customers_own_people_do_not_walk_supports_page(backed: Cloud) -> None:
    assert with_factor(admit(backed, "alice")).get(support(backed)).status_code == 403


def rules(cloud: Cloud) -> str:
    return f"/chains/{cloud.chain.pk}/rules/"


def wished(**said: str) -> dict[str, str]:
    asked = {f"question_{number}": each.text for number, each in enumerate(QUESTIONS, 1)}
    given = {f"answer_{number}": each.answer for number, each in enumerate(QUESTIONS, 1)}
    return {"step": "ask", "call_back": "+45 33 12 34 56", "allows_alone": "on", **asked, **given, **said}


def test_rules_change_by_two_persons(dorte: Client, cloud: Cloud) -> None:
    alice, ada = with_factor(admit(cloud, "alice")), with_factor(admit(cloud, "ada"))
    alice.post(rules(cloud), wished())
    with tenant_scope([cloud.organisation_id]):
        asked = Approval.objects.get()
        assert "Trofast" not in str(asked.content)
    said = {"request": str(asked.pk), "step": "confirm"}
    assert "must be another one" in text(alice.post(rules(cloud), said, follow=True))
    assert "Support confirms only" in text(dorte.post(rules(cloud), said, follow=True))
    assert "Alice asks for other rules" in text(ada.get(rules(cloud)))
    assert "The rules hold from now on" in text(ada.post(rules(cloud), said, follow=True))
    with tenant_scope([cloud.organisation_id]):
        kept = ActivationRules.objects.get()
        assert (kept.allows_alone, SecurityQuestion.objects.count()) == (True, 3)
        assert Approval.objects.get().content == {"allows_alone": True}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"question_3": "", "answer_3": ""}, "At least three security questions"),
        ({"answer_2": " a-b "}, "at least 4 letters"),
        ({"question_2": "first DOG?"}, "Two of the questions are the same"),
        ({"call_back": "ring me"}, "no telephone number"),
    ],
)
def test_rules_that_protect_nobody_are_refused_in_words(cloud: Cloud, wrong: dict[str, str], said: str) -> None:
    alice = with_factor(admit(cloud, "alice"))
    assert said in text(alice.post(rules(cloud), wished(**wrong)), 422)
    with tenant_scope([cloud.organisation_id]):
        assert not Approval.objects.exists()


def test_an_answer_is_known_again_however_it_is_spelt() -> None:
    assert normal_answer("  vester-allé 7 ") == normal_answer("VESTER ALLE\u0301 7") == "vesterallé7"


def test_they_are_fixed_when_the_chain_is_adopted(cloud: Cloud, tmp_path: Any) -> None:
    with tenant_scope([cloud.organisation_id]):
        chain = type(cloud.chain).objects.select_related("organisation", "company").get(pk=cloud.chain.pk)
        (tmp_path / "chain.butik").write_text(introduce_chain(chain, now=NOW))
    lines = ["one_person_with_key = true", 'call_back = "+45 33 12 34 56"']
    lines += [f'[[question]]\ntext = "{each.text}"\nanswer = "{each.answer}"' for each in QUESTIONS]
    (tmp_path / "rules.toml").write_text("\n".join(lines))
    adopt = ("adopt_chain", str(tmp_path / "chain.butik"), "--rules", str(tmp_path / "rules.toml"))
    call_command(*adopt, "--out", str(tmp_path / "offer"))
    with tenant_scope([cloud.organisation_id]):
        assert (ActivationRules.objects.get().allows_alone, SecurityQuestion.objects.count()) == (True, 3)
    with pytest.raises(Exception, match="two persons change them"):
        call_command(*adopt)
