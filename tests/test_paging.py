"""Long lists by keyset."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from butik.audit.models import AuditEntry
from butik.lib.ids import new_id
from butik.lib.paging import Page, newest_first
from butik.organisation.actions import found_organisation
from butik.organisation.tenancy import tenant_scope

START = datetime(2026, 1, 1, tzinfo=UTC)

ACT = "organisation.chain.founded"


def page_of(path: str, size: int) -> Page[AuditEntry]:
    rows = AuditEntry.objects.filter(action=ACT)
    return newest_first(RequestFactory().get(path), rows, "at", "id", size=size)


@pytest.mark.parametrize("size", [1, 3, 4, 20])
def test_every_row_comes_once_in_order_even_with_equal_moments(db: None, size: int) -> None:
    company = found_organisation(name="N", company="N", vat_number="DK1", actor="system", now=START)
    with tenant_scope([company.organisation_id]):
        for hours in (0, 1, 1, 1, 2, 3, 3, 4, 5):
            AuditEntry.objects.create(
                organisation_id=company.organisation_id, at=START + timedelta(hours=hours), actor="a", action=ACT
            )
        wanted = list(AuditEntry.objects.filter(action=ACT).order_by("-at", "-id"))
        seen: list[AuditEntry] = []
        path = "/list/?q=a%20b"
        while path:
            page = page_of(path, size)
            seen += page.rows
            path = page.older_address
    assert seen == wanted


def test_the_address_keeps_the_filter_and_knows_the_way_back(db: None) -> None:
    company = found_organisation(name="N", company="N", vat_number="DK1", actor="system", now=START)
    with tenant_scope([company.organisation_id]):
        for _ in range(3):
            AuditEntry.objects.create(organisation_id=company.organisation_id, at=START, actor="a", action=ACT)
        first = page_of("/list/?q=a%20b", 2)
        assert first.newest_address == ""
        assert QueryDict(first.older_address.partition("?")[2])["q"] == "a b"
        second = page_of(first.older_address, 2)
    assert second.newest_address == "/list/?q=a+b"
    assert second.older_address == ""


@given(st.text(max_size=60))
def test_a_broken_address_is_the_first_page(text: str) -> None:
    from butik.lib.paging import _read_place

    assert _read_place(AuditEntry, ("at", "id"), text) is None


def test_a_place_survives_its_address() -> None:
    from butik.lib.paging import _place, _read_place

    entry = AuditEntry(id=new_id(), at=START)
    assert _read_place(AuditEntry, ("at", "id"), _place(entry, ("at", "id"))) == [START, entry.pk]
