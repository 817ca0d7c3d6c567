"""One table: what people type is kept composed and without unseen signs, at every entrance."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.support.cast import Cast, report, signed_in
from tests.support.till import Till

from butik.lib.clock import now
from butik.lib.texts import plain_text
from butik.organisation.actions import add_pos, found_organisation, open_store
from butik.organisation.models import Organisation, Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import QuarantinedRecord
from butik.staff.actions import add_assistant, change_assistant
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier

TEXTS = {
    "decomposed": ("Søren A\u030aberg", "Søren Åberg"),
    "zero-width": ("Ma\u200bja\ufeff Holm", "Maja Holm"),
    "bidi": ("\u202eMaja\u202c Holm", "Maja Holm"),
    "marks of direction": ("\u200fMaja\u200e Holm\u2066", "Maja Holm"),
    "soft hyphen": ("Ma\u00adja Holm", "Maja Holm"),
    "spaces": ("  Maja \u00a0 Holm\u2003", "Maja Holm"),
    "lines": ("Maja\r\nHolm\u2028Dam", "Maja Holm Dam"),
    "controls": ("Maja\x07\x9f Holm", "Maja Holm"),
    "half a letter": ("Maja \ud83e Holm", "Maja \ufffd Holm"),
    "family": ("Holm \U0001f468\u200d\U0001f469\u200d\U0001f467", "Holm \U0001f468\u200d\U0001f469\u200d\U0001f467"),
    "arabic": ("مها حسن", "مها حسن"),
    "plain": ("Maja Holm", "Maja Holm"),
}


@pytest.mark.parametrize(("typed", "kept"), TEXTS.values(), ids=TEXTS)
def test_it_is_kept_as_it_is_seen(typed: str, kept: str) -> None:
    assert plain_text(typed) == plain_text(kept) == kept


NAME, KEPT = "\u202eA\u030aberg\u200b", "Åberg"


def _assistant_form(cast: Cast, till: Till) -> Any:
    said = {"number": "555", "name": NAME, "role": "OPERATOR", "pin": "846213", "pin_again": "846213"}
    assert signed_in(cast.bob).post(f"/manage/{cast.store.pk}/assistants/add", said).status_code == 302
    return ShopAssistant.objects.get(number="555").name


def _pos_form(cast: Cast, till: Till) -> Any:
    said = {"number": "55", "name": NAME}
    assert signed_in(cast.olga).post(f"/manage/{cast.store.pk}/poss/add", said).status_code == 302
    return Pos.objects.get(store=cast.store, number=55).name


def _reason_form(cast: Cast, till: Till) -> Any:
    report(till, ["no.signed.document"])
    held = QuarantinedRecord.objects.get(store_id=cast.store.pk)
    address = f"/manage/{cast.store.pk}/quarantine/{held.pk}/"
    assert signed_in(cast.olga).post(address, {"reason": NAME}).status_code == 302
    return QuarantinedRecord.objects.get(pk=held.pk).accept_reason


def _assistant_act(cast: Cast, till: Till) -> Any:
    who: dict[str, Any] = {"role": "OPERATOR", "actor": "system", "now": now()}
    made = add_assistant(store=cast.store, number="556", name=NAME, pin=make_pin_verifier("846213"), **who)
    assert made.name == KEPT
    change_assistant(assistant=made, name=NAME + "\u2060", is_active=True, **who)
    return ShopAssistant.objects.get(pk=made.pk).name


def _store_act(cast: Cast, till: Till) -> Any:
    made = open_store(chain=cast.store.chain, number=871, name=NAME, address=NAME, actor="system", now=now())
    assert made.address == KEPT
    return Store.objects.get(pk=made.pk).name


def _pos_act(cast: Cast, till: Till) -> Any:
    return add_pos(store=cast.store, number=56, name=NAME, actor="system", now=now()).name


ENTRANCES: list[Callable[[Cast, Till], Any]] = [
    _assistant_form,
    _pos_form,
    _reason_form,
    _assistant_act,
    _store_act,
    _pos_act,
]


@pytest.mark.parametrize("enter", ENTRANCES)
def test_every_entrance_keeps_it_so(enter: Callable[[Cast, Till], Any], cast: Cast, till: Till) -> None:
    with tenant_scope([cast.organisation_id]):
        assert enter(cast, till) == KEPT


def test_a_founder_s_names_too(db: None) -> None:
    made = found_organisation(name=NAME, company=NAME, vat_number="DK1", actor="system", now=now())
    with tenant_scope([made.organisation_id]):
        assert (made.name, Organisation.objects.get(pk=made.organisation_id).name) == (KEPT, KEPT)


def test_what_nobody_sees_is_no_name(cast: Cast) -> None:
    said = {"number": "57", "name": "\u200b\u202e"}
    assert signed_in(cast.olga).post(f"/manage/{cast.store.pk}/poss/add", said).status_code == 422
