"""Shop assistants are changed at the store and at the chain, and each tells the other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.cast import Cast

from butik.audit.models import AuditEntry
from butik.changes.models import FeedEntry, OutboxItem
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.tenant import AnothersRow
from butik.lib.versions import version_at
from butik.live.models import LiveEvent
from butik.organisation.installation import install_chain
from butik.organisation.models import Installation
from butik.organisation.tenancy import tenant_scope
from butik.staff.actions import (
    add_assistant,
    assistant_body,
    block_assistant,
    change_assistant,
    reset_pin,
    take_assistant,
    unblock_assistant,
)
from butik.staff.models import ShopAssistant
from butik.staff.pins import make_pin_verifier

PIN = make_pin_verifier("258013")


@pytest.fixture
def maja(cast: Cast) -> ShopAssistant:
    return add_assistant(
        store=cast.store, number="101", name="Maja", role="OPERATOR", pin=PIN, actor=cast.bob.actor, now=now()
    )


def at_the_chain(cast: Cast) -> None:
    Installation.objects.all().delete()
    install_chain(chain=cast.shop.chain)


def fresh(maja: ShopAssistant) -> ShopAssistant:
    with tenant_scope([maja.organisation_id]):
        return ShopAssistant.objects.get(pk=maja.pk)


def take(maja: ShopAssistant, **changes: Any) -> bool:
    """What the other service says: the assistant as she is, but for `changes`."""
    said = fresh(maja)
    for name, value in changes.items():
        setattr(said, name, value)
    with tenant_scope([maja.organisation_id]):
        return take_assistant(
            organisation_id=maja.organisation_id,
            chain_id=maja.chain_id,
            store_id=maja.store_id,
            body=assistant_body(said),
            now=now(),
        )


ACTS: list[tuple[str, Callable[[ShopAssistant], None]]] = [
    (
        "changed",
        lambda m: change_assistant(assistant=m, name="M", role="OPERATOR", is_active=False, actor="x", now=now()),
    ),
    ("pin_reset", lambda m: reset_pin(assistant=m, pin=PIN, actor="x", now=now())),
    ("unblocked", lambda m: unblock_assistant(assistant=m, actor="x", now=now())),
    ("blocked", lambda m: block_assistant(assistant=m, pin_version=1, actor="x", now=now())),
]


@pytest.mark.parametrize(("verb", "act"), ACTS, ids=[verb for verb, _ in ACTS])
def test_each_act_is_one_revision_one_audit_line_and_one_event(
    verb: str, act: Callable[[ShopAssistant], None], cast: Cast, maja: ShopAssistant
) -> None:
    with tenant_scope([cast.organisation_id]):
        before = LiveEvent.objects.filter(topic="staff").count()
    began = version_at(now())
    act(maja)
    assert began <= fresh(maja).revision <= version_at(now())
    with tenant_scope([cast.organisation_id]):
        assert AuditEntry.objects.filter(action=f"staff.assistant.{verb}", subject=str(maja.pk)).count() == 1
        assert LiveEvent.objects.filter(topic="staff").count() == before + 1


def test_a_store_tells_its_chain_by_the_outbox(cast: Cast, maja: ShopAssistant) -> None:
    with tenant_scope([cast.organisation_id]):
        item = OutboxItem.objects.get(kind="assistant")
        assert FeedEntry.objects.filter(kind="assistant").count() == 0
    assert json.loads(item.body) == json.loads(assistant_body(fresh(maja)))
    assert "258013" not in item.body


def test_a_chain_tells_the_store_by_the_feed(cast: Cast) -> None:
    at_the_chain(cast)
    added = add_assistant(
        store=cast.store, number="102", name="Bo", role="OPERATOR", pin=PIN, actor=cast.alice.actor, now=now()
    )
    with tenant_scope([cast.organisation_id]):
        entry = FeedEntry.objects.get(kind="assistant")
        assert OutboxItem.objects.filter(kind="assistant").count() == 0
    assert (entry.key, entry.store_id) == (str(added.pk), cast.store.pk)


def test_the_higher_revision_wins(cast: Cast, maja: ShopAssistant) -> None:
    assert take(maja, name="Newer", revision=5)
    assert not take(maja, name="Older", revision=4)
    assert (fresh(maja).name, fresh(maja).revision) == ("Newer", 5)


def test_a_chain_that_was_put_back_learns_from_its_store_what_it_had(cast: Cast, maja: ShopAssistant) -> None:
    change_assistant(assistant=maja, name="Maja H.", role="OPERATOR", is_active=False, actor="x", now=now())
    with tenant_scope([cast.organisation_id]):
        OutboxItem.objects.all().delete()  # the chain had it all
    assert not take(maja, name="Maja", revision=1)
    with tenant_scope([cast.organisation_id]):
        item = OutboxItem.objects.get(kind="assistant")
    assert (json.loads(item.body)["name"], json.loads(item.body)["is_active"]) == ("Maja H.", False)
    assert not take(maja, revision=fresh(maja).revision - 1)
    at_the_chain(cast)
    assert not take(maja, name="Maja", revision=1)
    with tenant_scope([cast.organisation_id]):
        assert OutboxItem.objects.filter(kind="assistant").count() == 2  # of a chain nobody takes an outbox


@pytest.mark.parametrize("is_chain", [True, False])
def test_of_two_changes_at_once_the_chains_wins(is_chain: bool, cast: Cast, maja: ShopAssistant) -> None:
    if is_chain:
        at_the_chain(cast)
    assert take(maja, name="The other's") is not is_chain


def test_what_a_chain_takes_goes_into_its_feed(cast: Cast, maja: ShopAssistant) -> None:
    at_the_chain(cast)
    assert take(maja, revision=2)
    with tenant_scope([cast.organisation_id]):
        assert FeedEntry.objects.filter(kind="assistant", key=str(maja.pk)).count() == 1


def test_one_whom_we_did_not_know_is_made(cast: Cast, maja: ShopAssistant) -> None:
    stranger = new_id()
    assert take(maja, pk=stranger, number="103", name="Ida")
    with tenant_scope([cast.organisation_id]):
        assert ShopAssistant.objects.get(pk=stranger).name == "Ida"


def test_one_of_another_store_is_refused(cast: Cast, maja: ShopAssistant) -> None:
    with pytest.raises(AnothersRow):
        take(maja, store=cast.sister.store)


def test_a_late_report_blocks_nobody_who_was_given_a_new_pin(cast: Cast, maja: ShopAssistant) -> None:
    reset_pin(assistant=maja, pin=PIN, actor="x", now=now())
    block_assistant(assistant=maja, pin_version=1, actor="device:x", now=now())
    assert fresh(maja).blocked_at is None
