from datetime import UTC, datetime

import pytest
from django.db import transaction

from butik.changes.actions import advance_feed, move_head, put_in_outbox
from butik.changes.models import FeedEntry, FeedHead, OutboxItem
from butik.organisation.actions import found_chain, found_organisation, open_store
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def chain() -> Chain:
    company = found_organisation(name="Dagli", company="Dagli A/S", vat_number="DK1", actor="system", now=NOW)
    return found_chain(company=company, number=1, name="Dagli", actor="system", now=NOW)


def advance(chain: Chain, *keys: str) -> list[int]:
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        changes = [("article", key, None) for key in keys]
        return list(advance_feed(organisation_id=chain.organisation_id, chain_id=chain.id, changes=changes, at=NOW))


def test_it_gives_each_change_the_next_position(chain: Chain) -> None:
    assert advance(chain, "1", "2") == [1, 2]
    assert advance(chain, "3") == [3]
    with tenant_scope([chain.organisation_id]):
        head = FeedHead.objects.get(chain=chain)
        assert (head.position, head.moved_at) == (3, NOW)


def test_it_keeps_only_the_newest_position_of_a_key(chain: Chain) -> None:
    advance(chain, "1", "2")
    advance(chain, "1", "1")
    with tenant_scope([chain.organisation_id]):
        entries = FeedEntry.objects.filter(chain=chain).order_by("position")
        assert list(entries.values_list("key", "position")) == [("2", 2), ("1", 3)]


def test_it_moves_nothing_without_a_change(chain: Chain) -> None:
    assert advance(chain) == []
    with tenant_scope([chain.organisation_id]):
        assert not FeedHead.objects.filter(chain=chain).exists()


def test_it_notes_for_which_store_an_entry_is(chain: Chain) -> None:
    store = open_store(chain=chain, number=1, name="Byen", actor="system", now=NOW)
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        changes = [("assistant", "a", store.id)]
        advance_feed(organisation_id=chain.organisation_id, chain_id=chain.id, changes=changes, at=NOW)
        assert FeedEntry.objects.get(key="a").store_id == store.id


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_move_the_head_outside_the_change(chain: Chain) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        move_head(organisation_id=chain.organisation_id, chain_id=chain.id, by=1, at=NOW)


def test_it_puts_an_item_in_the_outbox_without_a_number(chain: Chain) -> None:
    with tenant_scope([chain.organisation_id]):
        put_in_outbox(kind="error", organisation_id=chain.organisation_id, at=NOW, body="{}")
        item = OutboxItem.objects.get()
        assert (item.seq, item.uid, item.body) == (None, None, "{}")
