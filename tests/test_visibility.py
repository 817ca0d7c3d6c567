"""Which rows a membership reaches: an organisation, one of its chains, or one of its stores."""

import pytest

from butik.articles.models import Article
from butik.audit.models import AuditEntry
from butik.lib.clock import now
from butik.organisation.actions import found_chain, open_store
from butik.organisation.models import Chain, Company, Organisation, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale, SaleLine, Series
from butik.staff.guards import holds
from butik.staff.models import Membership, Person
from butik.staff.people import give_access
from butik.staff.rights import LEVEL_RIGHTS, Right
from tests.support.cast import Cast, sell, signed_in
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


def test_a_level_in_one_chain_is_none_in_another(cast: Cast, other_chain: Store) -> None:
    """Bob manages a store of one chain and administers another: each right holds where it was given."""
    chain, store = other_chain.chain, cast.store
    give_access(
        email=cast.bob.email,
        name="",
        password="",
        level=Membership.Level.CHAIN_ADMINISTRATOR,
        organisation_id=cast.organisation_id,
        chain=chain,
        store=None,
        actor="system",
        now=now(),
        is_known=True,
    )
    bob = Person.objects.get(pk=cast.bob.pk)
    client = signed_in(bob)
    with tenant_scope([cast.organisation_id], person=bob.pk):
        for right in Right:
            assert holds(bob, right, store) == (right in LEVEL_RIGHTS["STORE_MANAGER"]), right
            assert holds(bob, right, other_chain), right
            assert holds(bob, right, chain), right
            assert not holds(bob, right, store.chain), right
            assert not holds(bob, right, cast.sister.store), right
    assert client.get(f"/chains/{store.chain_id}/activate/").status_code == 403
    assert client.get(f"/chains/{chain.pk}/activate/").status_code != 403
    assert client.get(f"/manage/{cast.sister.store.pk}/").status_code == 404
    assert client.get(f"/manage/{other_chain.pk}/").status_code == 200
