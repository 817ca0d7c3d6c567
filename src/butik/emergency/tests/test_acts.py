"""An emergency from the adoption to its end, and who lets it begin: each act leaves its line, and has its effect."""

import re
from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.test import Client
from tests.support.acts import Line, told, told_each
from tests.support.till import NOW

from butik.approvals.models import Approval
from butik.approvals.rules import LATEST
from butik.emergency.activating import NOTICE, WINDOW, carry_out_activations
from butik.emergency.models import (
    ActivationRules,
    Assignment,
    Emergency,
    EmergencyStore,
    Order,
    SecurityQuestion,
    Shortfall,
    SupportCase,
)
from butik.emergency.tests.conftest import Cloud, admit, carry_out, payload, with_factor
from butik.emergency.tests.test_newcomers import Thief
from butik.emergency.tests.test_recovery import rebuilt
from butik.emergency.tests.test_support import asked_for, fixed, rules, support, tell, wished
from butik.emergency.tests.test_two_persons import allow_alone, answer, ask, text
from butik.organisation.models import Chain, Device, Store
from butik.organisation.pairing import introduce_chain
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Person
from butik.vault.models import Freeze, NewDevice, StoredBackup

__all__ = ["fixed"]
KIND = {"kind": "emergency.activation"}


def by(name: str) -> str:
    return Person.objects.get(email=f"{name}@example.com").actor


def newest(cloud: Cloud) -> Approval:
    with tenant_scope([cloud.organisation_id]):
        found: Approval = Approval.objects.latest("first_at", "id")
    return found


def emergencies(cloud: Cloud) -> int:
    with tenant_scope([cloud.organisation_id]):
        return Emergency.objects.count()


# --- two persons ---


def test_asked_confirmed_begun_and_carried_out(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    asked = newest(backed)
    told("approvals.request.asked", backed.chain, by=by("vera"), about=asked.pk, **KIND)
    answer(nils, backed)
    told("approvals.request.confirmed", backed.chain, by=by("nils"), about=asked.pk, **KIND)
    assert emergencies(backed) == 0
    carry_out(backed)
    told("approvals.request.started", backed.chain, by="system", about=asked.pk, **KIND)
    told("approvals.request.done", backed.chain, by="system", about=asked.pk, **KIND)
    said = {"number": 1, "date": NOW.date().isoformat(), "stores": 2, "devices": 2, "without_backup": 0, "newer": 0}
    said |= {"confirmed_by": by("nils"), "by_support": False}
    told("emergency.emergency.activated", backed.chain, by=by("vera"), about=asked.pk, **said)
    assert (newest(backed).state, emergencies(backed)) == ("DONE", 1)
    assert payload(backed.order(backed.papers[0]))["kind"] == "ACTIVATE"


def test_asked_alone_and_cancelled(backed: Cloud, nils: Client) -> None:
    allow_alone(backed)
    person = admit(backed, "vera")
    vera = with_factor(person, typ=Authenticator.Type.WEBAUTHN, credential={"id": "her key"})
    ask(vera, backed, alone="on")
    told("approvals.request.asked_alone", backed.chain, by=person.actor, about=newest(backed).pk, **KIND)
    assert newest(backed).due_at == NOW + NOTICE
    answer(nils, backed, "cancel")
    told("approvals.request.cancelled", backed.chain, by=by("nils"), about=newest(backed).pk, **KIND)
    carry_out(backed, after=2 * NOTICE)
    assert emergencies(backed) == 0
    with tenant_scope([backed.organisation_id]):
        assert not Freeze.objects.exists()


def test_refused_and_withdrawn(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    answer(nils, backed, "refuse")
    told("approvals.request.refused", backed.chain, by=by("nils"), about=newest(backed).pk, **KIND)
    ask(vera, backed)
    answer(vera, backed, "withdraw")
    told("approvals.request.withdrawn", backed.chain, by=by("vera"), about=newest(backed).pk, **KIND)
    carry_out(backed)
    assert (newest(backed).state, emergencies(backed)) == ("WITHDRAWN", 0)


def test_run_out_before_and_after_it_was_confirmed(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    carry_out_activations(organisation_id=backed.organisation_id, now=NOW + timedelta(days=1))
    told("approvals.request.expired", backed.chain, by="system", about=newest(backed).pk, **KIND)
    ask(vera, backed)
    answer(nils, backed)
    carry_out_activations(organisation_id=backed.organisation_id, now=NOW + LATEST + 2 * WINDOW)
    told("approvals.request.expired", backed.chain, by="system", about=newest(backed).pk, **KIND)
    assert (newest(backed).state, emergencies(backed)) == ("EXPIRED", 0)


def test_it_cannot_be_carried_out(vera: Client, nils: Client, backed: Cloud) -> None:
    ask(vera, backed)
    answer(nils, backed)
    with tenant_scope([backed.organisation_id]):
        StoredBackup.objects.update(state="REFUSED")
    carry_out(backed)
    told("approvals.request.failed", backed.chain, by="system", about=newest(backed).pk, **KIND)
    assert (newest(backed).state, emergencies(backed)) == ("FAILED", 0)


# --- the chain, its rules, support ---


def test_a_chain_is_adopted(cloud: Cloud, tmp_path: Any) -> None:
    with tenant_scope([cloud.organisation_id]):
        chain = Chain.objects.select_related("organisation", "company").get(pk=cloud.chain.pk)
        (tmp_path / "chain").write_text(introduce_chain(chain, now=NOW))
        Chain.objects.filter(pk=chain.pk).update(name="An old name")
    call_command("adopt_chain", str(tmp_path / "chain"), "--out", str(tmp_path / "offer"))
    told("emergency.chain.adopted", cloud.chain, by="system", about=cloud.chain.pk)
    with tenant_scope([cloud.organisation_id]):
        assert Chain.objects.get(pk=chain.pk).name == chain.name


def test_rules_are_changed_by_the_second_person(vera: Client, nils: Client, cloud: Cloud) -> None:
    vera.post(rules(cloud), wished())
    nils.post(rules(cloud), {"request": str(newest(cloud).pk), "step": "confirm"})
    told("emergency.rules.changed", cloud.chain, by=by("nils"), about=cloud.chain.pk, alone=True, new=3)
    with tenant_scope([cloud.organisation_id]):
        assert (ActivationRules.objects.get().allows_alone, SecurityQuestion.objects.count()) == (True, 3)


def test_support_is_called_and_calls_back(dorte: Client, fixed: Cloud) -> None:
    chain, who = fixed.chain, by("dorte")
    page = tell(dorte, fixed, "CALL", caller="Olga Holm", reason="Her laptop is locked by the attacker")
    with tenant_scope([fixed.organisation_id]):
        case = SupportCase.objects.get()
    told("emergency.support.opened", chain, by=who, about=case.pk)
    tell(dorte, fixed, "OPEN", **asked_for(fixed, page, right=False))
    told("emergency.support.refused", chain, by=who, about=case.pk)
    tell(dorte, fixed, "OPEN", **asked_for(fixed, dorte.get(support(fixed))))
    told("emergency.support.answered", chain, by=who, about=case.pk)
    tell(dorte, fixed, "ANSWERED", reached="Per Holm", called="on")
    told("emergency.support.called_back", chain, by=who, about=case.pk)
    with tenant_scope([fixed.organisation_id]):
        case.refresh_from_db()
    assert (case.state, case.reached) == ("GOOD", "Per Holm")


# --- devices ---


def test_a_device_enters(backed: Cloud, active: Emergency) -> None:
    papers = backed.papers[0]
    till = backed.enter(papers, backed.order(papers))
    told("emergency.device.entered", backed.shops[0].store, by=f"device:{till.device}", about=till.device, label="E1")
    assert backed.report(papers, [till.opening(reason="EMERGENCY")])[0]["outcome"] == "BOOKED"


def test_a_new_device_waits_is_approved_and_refused_after_all(vera: Client, backed: Cloud, active: Emergency) -> None:
    store, ours = backed.shops[0].store, Thief(backed).invents()
    for _ in range(2):
        backed.ready(ours)
    device = ours.till.device
    told("emergency.new_device.waits", store, by=f"device:{device}", about=device)
    with tenant_scope([backed.organisation_id]):
        row = NewDevice.objects.get()
        assert not Device.objects.filter(pk=device).exists()
    page = f"/chains/{backed.chain.pk}/waiting/devices/{row.pk}/"
    for decision, state in (("approve", "ACTIVE"), ("refuse", "REVOKED")):
        vera.post(page, {"decision": decision})
        with tenant_scope([backed.organisation_id]):
            assert Device.objects.get(pk=device).state == state
    told("emergency.new_device.approved", store, by=by("vera"), about=device)
    told("emergency.new_device.refused", store, by=by("vera"), about=device)


# --- the way out ---


def test_a_store_claims_is_released_and_recovers_and_with_the_last_one_it_ends(
    vera: Client, dorte: Client, backed: Cloud, active: Emergency
) -> None:
    first, second = (shop.store for shop in backed.shops)
    backed.enter(backed.papers[0], backed.order(backed.papers[0]))
    page = text(vera.post(f"/stores/{first.pk}/recovery-key"))
    told("emergency.recovery_key.issued", first, by=by("vera"), about=active.pk)
    store = f"store:{first.pk}"
    backed.said(rebuilt(backed, "POST", "/claim", {"key": key_on(page)}))
    told("emergency.store.claimed", first, by=store, about=active.pk)
    backed.said(rebuilt(backed, "POST", "/release", {}))
    told("emergency.store.released", first, by=store, about=active.pk)
    assert payload(backed.order(backed.papers[0]))["kind"] == "RELEASE"
    lose_device(vera, dorte, first)
    totals = backed.said(rebuilt(backed, "GET", "/totals"))
    backed.said(rebuilt(backed, "POST", "/recovered", {"totals_sha256": totals["sha256"]}))
    told("emergency.store.recovered", first, by=store, about=active.pk)
    assert (states(backed), kinds(backed)) == ({"RECOVERED", "SELLING"}, ["ACTIVATE", "RELEASE", "RECOVERED"])
    vera.post(f"/stores/{second.pk}/without-part")
    lines: list[Line] = [(store, first, {}), (by("vera"), second, {})]
    told_each("emergency.store.recovered", *lines, about=active.pk)
    told("emergency.emergency.ended", backed.chain, by=by("vera"), about=active.pk, number=1)
    with tenant_scope([backed.organisation_id]):
        assert not Emergency.objects.active().exists()
        assert not Freeze.objects.exists()


def key_on(page: str) -> str:
    found = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", page)
    assert found
    return found[0]


def lose_device(one: Client, other: Client, store: Store) -> None:
    """Two persons name what a device has taken with it."""
    with tenant_scope([store.organisation_id]):
        assignment = Assignment.objects.get(store=store)
    page = f"/stores/{store.pk}/shortfall/{assignment.pk}/"
    one.post(page, {"reason": "Stolen from the terrace"})
    told("emergency.shortfall.named", store, by=by("vera"), about=assignment.pk)
    other.post(page, {"reason": "Seen by the police"})
    told("emergency.shortfall.accepted", store, by=by("dorte"), about=assignment.pk)
    with tenant_scope([store.organisation_id]):
        assert Shortfall.objects.get().second_by == by("dorte")


def states(cloud: Cloud) -> set[str]:
    with tenant_scope([cloud.organisation_id]):
        return set(EmergencyStore.objects.values_list("state", flat=True))


def kinds(cloud: Cloud) -> list[str]:
    with tenant_scope([cloud.organisation_id]):
        return list(Order.objects.order_by("issued_at", "id").values_list("kind", flat=True))
