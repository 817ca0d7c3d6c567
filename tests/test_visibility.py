"""Which rows a membership reaches: an organisation, one of its chains, or one of its stores."""

import pytest

from butik.articles.models import Article
from butik.audit.models import AuditEntry
from butik.lib.clock import now
from butik.organisation.actions import found_chain, open_store
from butik.organisation.models import Chain, Company, Organisation, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale, SaleLine, Series
from butik.staff.models import Membership, Person
from tests.support.cast import Cast, sell
from tests.support.till import MILK, Till


@pytest.fixture
def other_chain(cast: Cast) -> Store:
    """A store of another chain of the same organisation."""
    with tenant_scope([cast.organisation_id]):
        company = cast.shop.chain.company
    chain = found_chain(company=company, number=2, name="Other", actor="system", now=now())
    return open_store(chain=chain, number=30, name="Other 30", actor="system", now=now())


def test_a_chain_reaches_its_stores_and_no_other_chains(cast: Cast, other_chain: Store) -> None:
    with tenant_scope([cast.organisation_id]):
        assert {str(store) for store in Store.objects.visible_to(cast.alice)} == {"12 Nordly 12", "14 Nordly 14"}
        assert [str(chain) for chain in Chain.objects.visible_to(cast.alice)] == ["Nordly"]


def test_an_organisation_reaches_all_its_chains(cast: Cast, other_chain: Store) -> None:
    with tenant_scope([cast.organisation_id]):
        cast.alice.memberships.update(chain=None)
        assert Store.objects.visible_to(cast.alice).count() == 3


def test_a_store_reaches_itself_and_what_its_chain_shares(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        assert [str(store) for store in Store.objects.visible_to(cast.bob)] == ["12 Nordly 12"]
        assert Article.objects.visible_to(cast.bob).count() == 2
        assert Company.objects.visible_to(cast.bob).count() == 1
        assert Organisation.objects.visible_to(cast.bob).count() == 1


def test_journal_rows_are_reached_by_their_bare_ids(cast: Cast, till: Till, other_chain: Store) -> None:
    sell(till, cast.store, MILK)
    with tenant_scope([cast.organisation_id]):
        for model in (Sale, SaleLine, Series):
            assert model.objects.visible_to(cast.bob).count() == 1
            assert model.objects.visible_to(cast.alice).count() == 1
        cast.alice.memberships.update(chain=other_chain.chain)
        cast.bob.memberships.update(store=cast.sister.store)
        alice, bob = Person.objects.get(pk=cast.alice.pk), Person.objects.get(pk=cast.bob.pk)
        for model in (Sale, SaleLine, Series):
            assert model.objects.visible_to(alice).count() == 0
            assert model.objects.visible_to(bob).count() == 0


def test_a_store_sees_its_chains_audit_lines_but_not_its_sisters(cast: Cast) -> None:
    with tenant_scope([cast.organisation_id]):
        acts = {entry.action: entry.store_id for entry in AuditEntry.objects.visible_to(cast.bob)}
    assert acts["organisation.chain.founded"] is None
    assert cast.sister.store.pk not in acts.values()


def test_nobody_without_a_membership_sees_anything(cast: Cast) -> None:
    eve = Person.objects.create_user("eve@example.com")
    with tenant_scope([cast.organisation_id]):
        for model in (Organisation, Company, Chain, Store, Article, AuditEntry, Membership):
            assert model.objects.visible_to(eve).count() == 0
