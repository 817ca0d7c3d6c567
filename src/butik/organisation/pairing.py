"""A chain and its emergency cloud are made known to each other by people who carry three documents between them.

1. The chain **introduces** itself: `butik-chain`, signed by the chain root.
2. The emergency cloud **offers** its address, its own root for this chain, and the recipient that backups are encrypted
   to: plain JSON, since nobody knows that root yet.
3. The chain **pairs**: `butik-emergency`, the offer signed by the chain root. It goes down to stores and devices, which
   pin it. Neither service ever contacts the other (docs/formats/emergency.md).
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.db import transaction
from msgspec import Meta

from butik.audit.actions import record
from butik.changes.actions import advance_feed
from butik.lib.clock import to_wire
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, decode, encode, open_document, verify_document
from butik.lib.versions import next_version
from butik.lib.web_address import BadWebAddress, read_origin
from butik.live.actions import announce
from butik.organisation.keys import chain_root
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope

CHAIN = "butik-chain"
EMERGENCY = "butik-emergency"
Key = Annotated[str, Meta(min_length=43, max_length=43)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class StoreIntroduced(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    name: str
    address: str
    timezone: str
    language: str


class Introduction(msgspec.Struct, frozen=True):
    """Payload of a butik-chain document."""

    v: int
    org: UUID
    organisation_name: Text
    company: UUID
    company_name: Text
    vat_number: Text
    chain: UUID
    number: int
    name: Text
    currency: str
    cash_rounding: int
    key: Key
    stores: list[StoreIntroduced]
    issued_at: datetime

    @property
    def key_bytes(self) -> bytes:
        return decode(self.key)


class Offer(msgspec.Struct, frozen=True):
    """What the emergency cloud says of itself, for one chain."""

    chain: UUID
    url: Text
    key: Key  # its root for this chain
    recipient: Annotated[str, Meta(pattern="^age1[0-9a-z]{58}$")]


class Pairing(Offer, frozen=True):
    """Payload of a butik-emergency document."""

    v: int
    org: UUID
    version: int
    issued_at: datetime

    @property
    def key_bytes(self) -> bytes:
        return decode(self.key)

    @property
    def audience(self) -> str:
        return emergency_audience(self.chain)


class NotPaired(Exception):
    """Said in the user's words."""


def emergency_audience(chain_id: UUID) -> str:
    """The name by which calls of a chain's stores and devices are bound to its emergency cloud."""
    return f"emergency/{chain_id}"


def introduce_chain(chain: Chain, *, now: datetime) -> str:
    """The butik-chain document of a chain, by its own root."""
    stores = Store.objects.filter(organisation_id=chain.organisation_id, chain=chain).order_by("number")
    root = chain_root(chain.id)
    introduction = {
        "v": 1,
        "org": str(chain.organisation_id),
        "organisation_name": chain.organisation.name,
        "company": str(chain.company_id),
        "company_name": chain.company.name,
        "vat_number": chain.company.vat_number,
        "chain": str(chain.id),
        "number": chain.number,
        "name": chain.name,
        "currency": chain.currency,
        "cash_rounding": chain.cash_rounding,
        "key": encode(root.public),
        "stores": [
            {"id": str(each.id), "number": each.number, "name": each.name, "address": each.address}
            | {"timezone": each.timezone, "language": each.language}
            for each in stores
        ],
        "issued_at": to_wire(now),
    }
    return root.sign(CHAIN, msgspec.json.encode(introduction))


def read_introduction(document: str) -> Introduction:
    """What a chain says of itself, by the key that it names: whoever carries it vouches for it. Raises BadDocument."""
    try:
        claimed = read_as(open_document(document, CHAIN).payload, Introduction)
        return read_as(verify_document(document, CHAIN, claimed.key_bytes), Introduction)
    except BadDocument as error:
        raise BadDocument("not the introduction of a chain") from error


def pair_chain(*, chain: Chain, offer: bytes, actor: str, now: datetime) -> Chain:
    """Pin an emergency cloud's offer for a chain and its stores. The same offer again changes nothing.

    Raises NotPaired. An offer with another root than the pinned one is refused: devices would not follow it.
    """
    try:
        offered = read_as(offer, Offer)
    except BadDocument as error:
        raise NotPaired("This is not the offer of an emergency cloud.") from error
    if offered.chain != chain.id:
        raise NotPaired("This offer was made for another chain.")
    try:
        read_origin(offered.url)
    except BadWebAddress as error:
        raise NotPaired(f"The emergency cloud's address {error}; it is {offered.url!r}.") from None
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        locked: Chain = Chain.objects.select_for_update().get(pk=chain.pk)
        before = pairing_of(locked)
        if before is not None and before.key != offered.key:
            raise NotPaired("This chain is paired with another emergency cloud, whose root its devices have pinned.")
        if before is not None and (before.url, before.recipient) == (offered.url, offered.recipient):
            return locked
        payload = msgspec.to_builtins(offered) | {
            "v": 1,
            "org": str(chain.organisation_id),
            "version": next_version(before.version if before else 0, now),
            "issued_at": to_wire(now),
        }
        locked.emergency = chain_root(chain.id).sign(EMERGENCY, msgspec.json.encode(payload))
        locked.save(update_fields=["emergency"])
        where = {"organisation_id": chain.organisation_id, "chain_id": chain.id}
        stores = Store.objects.filter(**where).values_list("pk", flat=True)
        advance_feed(**where, changes=[("store", str(pk), pk) for pk in stores], at=now)
        record("organisation.emergency.paired", **where, actor=actor, at=now, subject=chain.id, url=offered.url)
        announce("emergency", **where, ref=chain.id, at=now)
    return locked


def read_pairing(document: str, root_key: bytes) -> Pairing:
    """What a chain's root says of its emergency cloud. Raises BadDocument."""
    try:
        return read_as(verify_document(document, EMERGENCY, root_key), Pairing)
    except BadDocument as error:
        raise BadDocument(f"not a pairing with an emergency cloud: {error}") from error


def pairing_of(chain: Chain) -> Pairing | None:
    """The emergency cloud of a chain; None while it has none."""
    return read_pairing(chain.emergency, bytes(chain.root_key or b"")) if chain.emergency else None
