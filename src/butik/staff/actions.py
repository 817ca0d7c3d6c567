"""Shop assistants: hired, changed, given a PIN, blocked and unblocked; at the store as well as at its chain.

Both services keep the row. Whoever changes it tells the other: the store by its outbox, the chain by its feed.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import Meta

from butik.audit.actions import record
from butik.changes.actions import advance_feed, put_in_outbox
from butik.lib.bounds import MAX_NAME, MAX_STAFF_NUMBER
from butik.lib.clock import to_wire
from butik.lib.outside import read_as
from butik.lib.tenant import AnothersRow
from butik.lib.texts import plain_text
from butik.lib.versions import HIGHEST, next_version, require_plausible
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import ShopAssistant
from butik.staff.pins import PinVerifier

KIND = "assistant"
Version = Annotated[int, Meta(ge=0, le=HIGHEST)]


class AssistantBody(msgspec.Struct, frozen=True):
    """An assistant as services tell each other (docs/formats/sync.md). The PIN goes as its verifier only."""

    id: UUID
    store: UUID
    number: Annotated[str, Meta(min_length=1, max_length=MAX_STAFF_NUMBER)]
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    role: Annotated[str, Meta(max_length=11)]
    pin: PinVerifier
    pin_version: Version
    is_active: bool
    blocked_at: Annotated[datetime, Meta(tz=True)] | None
    revision: Version


def add_assistant(
    *, store: Store, number: str, name: str, role: str, pin: PinVerifier, actor: str, now: datetime
) -> ShopAssistant:
    """`pin` comes from `make_pin_verifier`: deriving it takes long, and nothing slow belongs in a transaction."""
    with tenant_scope([store.organisation_id]), transaction.atomic():
        assistant = ShopAssistant.objects.create(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            number=number,
            name=plain_text(name),
            role=role,
            pin=pin,
        )
        _tell(assistant, "staff.assistant.added", actor, now)
    return assistant


def change_assistant(
    *, assistant: ShopAssistant, name: str, role: str, is_active: bool, actor: str, now: datetime
) -> None:
    """The number is a key in old receipts and never changes."""
    with tenant_scope([assistant.organisation_id]), transaction.atomic():
        found = _lock(assistant)
        found.name, found.role, found.is_active = plain_text(name), role, is_active
        _keep(found, "staff.assistant.changed", actor, now, is_active=is_active)


def reset_pin(*, assistant: ShopAssistant, pin: PinVerifier, actor: str, now: datetime) -> None:
    """A new PIN also unblocks: devices count wrong tries for each version."""
    with tenant_scope([assistant.organisation_id]), transaction.atomic():
        found = _lock(assistant)
        found.pin, found.pin_version, found.blocked_at = dict(pin), next_version(found.pin_version, now), None
        _keep(found, "staff.assistant.pin_reset", actor, now)


def unblock_assistant(*, assistant: ShopAssistant, actor: str, now: datetime) -> None:
    """The old PIN stays good, with a fresh count of tries on every device."""
    with tenant_scope([assistant.organisation_id]), transaction.atomic():
        found = _lock(assistant)
        found.pin_version, found.blocked_at = next_version(found.pin_version, now), None
        _keep(found, "staff.assistant.unblocked", actor, now)


def block_assistant(*, assistant: ShopAssistant, pin_version: int, actor: str, now: datetime) -> None:
    """A device reports too many wrong PINs. A report about an older version is late and says nothing any more."""
    with tenant_scope([assistant.organisation_id]), transaction.atomic():
        found = _lock(assistant)
        if found.pin_version > pin_version or found.blocked_at:
            return
        found.blocked_at = now
        _keep(found, "staff.assistant.blocked", actor, now)


def take_assistant(*, organisation_id: UUID, chain_id: UUID, store_id: UUID, body: bytes | str, now: datetime) -> bool:
    """Take what the other service says of an assistant; False when it is no news. Call in the transaction of the sync.

    The higher revision wins. Of two changes made at the same time, one on each side, the chain's wins. Raises
    AnothersRow for an assistant of another store, whether the body says so or the row here.
    """
    said = read_as(body, AssistantBody)
    is_chain = this_installation().store_id is None
    known = ShopAssistant.objects.select_for_update().filter(organisation_id=organisation_id, pk=said.id).first()
    if said.store != store_id or (known and known.store_id != store_id):
        raise AnothersRow(f"assistant {said.id}")
    require_plausible(said.revision, held=known.revision if known else 0)
    require_plausible(said.pin_version, held=known.pin_version if known else 0)
    if known and (said.revision < known.revision or (said.revision == known.revision and is_chain)):
        if not is_chain and said.revision < known.revision:  # it was put back: it learns from us what it had
            _put_in_outbox(known, now)
        return False
    fields = msgspec.structs.asdict(said)
    del fields["store"], fields["id"]
    assistant, _ = ShopAssistant.objects.update_or_create(
        organisation_id=organisation_id,
        store_id=store_id,
        pk=said.id,
        defaults=fields,
        create_defaults={**fields, "chain_id": chain_id},
    )
    if is_chain:  # back down, so that a store which starts anew finds it in the feed
        _feed(assistant, now)
    _announce(assistant, now)
    return True


def assistant_body(assistant: ShopAssistant) -> str:
    said = AssistantBody(
        id=assistant.pk,
        store=assistant.store_id,
        number=assistant.number,
        name=assistant.name,
        role=assistant.role,
        pin=assistant.pin,
        pin_version=assistant.pin_version,
        is_active=assistant.is_active,
        blocked_at=assistant.blocked_at,
        revision=assistant.revision,
    )
    body = msgspec.to_builtins(said) | {"blocked_at": to_wire(said.blocked_at) if said.blocked_at else None}
    return msgspec.json.encode(body).decode()


def _lock(assistant: ShopAssistant) -> ShopAssistant:
    found: ShopAssistant = ShopAssistant.objects.select_for_update().get(
        organisation_id=assistant.organisation_id, pk=assistant.pk
    )
    return found


def _keep(assistant: ShopAssistant, action: str, actor: str, now: datetime, **data: Any) -> None:
    assistant.revision = next_version(assistant.revision, now)
    assistant.save()
    _tell(assistant, action, actor, now, **data)


def _tell(assistant: ShopAssistant, action: str, actor: str, now: datetime, **data: Any) -> None:
    record(
        action,
        organisation_id=assistant.organisation_id,
        chain_id=assistant.chain_id,
        store_id=assistant.store_id,
        actor=actor,
        at=now,
        subject=assistant.pk,
        **data,
    )
    if this_installation().store_id:
        _put_in_outbox(assistant, now)
    else:
        _feed(assistant, now)
    _announce(assistant, now)


def _put_in_outbox(assistant: ShopAssistant, now: datetime) -> None:
    body = assistant_body(assistant)
    put_in_outbox(kind=KIND, organisation_id=assistant.organisation_id, at=now, body=body)


def _feed(assistant: ShopAssistant, now: datetime) -> None:
    advance_feed(
        organisation_id=assistant.organisation_id,
        chain_id=assistant.chain_id,
        changes=[(KIND, str(assistant.pk), assistant.store_id)],
        at=now,
    )


def _announce(assistant: ShopAssistant, now: datetime) -> None:
    announce(
        "staff",
        organisation_id=assistant.organisation_id,
        chain_id=assistant.chain_id,
        store_id=assistant.store_id,
        ref=assistant.store_id,
        at=now,
    )
