"""One-time codes."""

from datetime import timedelta

import pytest
from django.db import transaction

from butik.lib.clock import now
from butik.lib.problems import Problem
from butik.organisation.actions import (
    add_pos,
    found_chain,
    found_organisation,
    issue_code,
    open_store,
    redeem_code,
)
from butik.organisation.models import EnrolmentCode, Pos
from butik.organisation.tenancy import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def pos() -> Pos:
    at = now()
    company = found_organisation(name="Nord", company="Nord A/S", vat_number="DK12345678", actor="system", now=at)
    chain = found_chain(company=company, number=1, name="Nord", actor="system", now=at)
    store = open_store(chain=chain, number=12, name="Havnen", actor="system", now=at)
    return add_pos(store=store, number=1, name="Till 1", actor="system", now=at)


def test_a_code_is_typed_as_people_type(pos: Pos) -> None:
    code = issue_code(store=pos.store, pos=pos, actor="system", now=now())
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    with transaction.atomic():
        assert redeem_code(code=typed, for_device=True, now=now()).pos == pos


def test_a_code_works_once(pos: Pos) -> None:
    code = issue_code(store=pos.store, pos=pos, actor="system", now=now())
    with transaction.atomic():
        redeem_code(code=code, for_device=True, now=now())
    with pytest.raises(Problem, match="bad-code"), transaction.atomic():
        redeem_code(code=code, for_device=True, now=now())


def test_a_code_is_dead_after_a_quarter_of_an_hour(pos: Pos) -> None:
    code = issue_code(store=pos.store, pos=pos, actor="system", now=now())
    with pytest.raises(Problem, match="bad-code"), transaction.atomic():
        redeem_code(code=code, for_device=True, now=now() + timedelta(minutes=15, seconds=1))


def test_a_store_s_code_enrols_no_device(pos: Pos) -> None:
    code = issue_code(store=pos.store, actor="system", now=now())
    with pytest.raises(Problem, match="bad-code"), transaction.atomic():
        redeem_code(code=code, for_device=True, now=now())


def test_the_code_itself_is_not_kept(pos: Pos) -> None:
    code = issue_code(store=pos.store, pos=pos, actor="system", now=now())
    with tenant_scope([pos.organisation_id]):
        kept = EnrolmentCode.objects.get()
    assert code.replace("-", "") not in kept.code_hash
