"""Feed kind `store`: what the chain keeps of a store, with its POSs; and outbox kind `pos`: one made at the store."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from butik.audit.actions import record
from butik.changes.actions import advance_feed
from butik.lib.outside import read_as
from butik.lib.tenant import AnothersRow
from butik.organisation.models import Chain, Company, Organisation, Pos, Store
from butik.sales.enrolment import LATEST_SERIES, latest_series_numbers, learn_series, renew_enrolments
from butik.sync.pairings import keep_pairing
from butik.sync.wire import FeedItem, PosBody, StoreBody

logger = logging.getLogger(__name__)
STORE = "store"
POS = "pos"
STORE_COLUMNS = ("number", "name", "address", "timezone", "language", "key_version")
CHAIN_COLUMNS = ("number", "name", "currency", "cash_rounding", "emergency")


def describe_store(store: Store) -> StoreBody:
    poss = Pos.objects.filter(organisation_id=store.organisation_id, store=store).order_by("number")
    opened = latest_series_numbers(store)
    return StoreBody(
        organisation={"id": str(store.organisation_id), "name": store.organisation.name},
        company={
            "id": str(store.company_id),
            "name": store.company.name,
            "vat_number": store.company.vat_number,
        },
        chain={"id": str(store.chain_id)} | {name: getattr(store.chain, name) for name in CHAIN_COLUMNS},
        store={"id": str(store.id)} | {name: getattr(store, name) for name in STORE_COLUMNS},
        poss=[PosBody(pos.id, pos.number, pos.name, max(opened.get(pos.number, 0), pos.latest_series)) for pos in poss],
    )


def store_bodies(store: Store, keys: Sequence[str]) -> Mapping[str, object]:
    """`store` entries are for that store only, so there is one at most."""
    found = Store.objects.select_related("organisation", "company", "chain").filter(pk=store.pk).first()
    return {str(found.id): describe_store(found)} if found and str(found.id) in keys else {}


def apply_store(entries: Sequence[FeedItem], store: Store, now: datetime) -> None:
    for entry in entries:
        body = read_as(entry.body, StoreBody)
        ours = (str(store.organisation_id), str(store.chain_id), str(store.id))
        if (body.organisation["id"], body.chain["id"], body.store["id"]) != ours:
            logger.error("The chain tells of another store than this one: not taken")
            continue
        keep_tree(body, root_key=bytes(store.chain.root_key or b""))
    renew_enrolments(store=store, now=now)


def keep_tree(body: StoreBody, *, root_key: bytes) -> Store:
    """At a store: hold the organisation, company, chain, store and POSs as the chain has them."""
    organisation = body.organisation["id"]
    company = body.company["id"]
    Organisation.objects.update_or_create(pk=organisation, defaults=_without_id(body.organisation))
    Company.objects.update_or_create(pk=company, organisation_id=organisation, defaults=_without_id(body.company))
    held = Chain.objects.filter(pk=body.chain["id"]).values_list("emergency", flat=True).first() or ""
    ours = (organisation, body.chain["id"])
    pairing = keep_pairing(body.chain.get("emergency", ""), held=held, root_key=root_key, chain=ours)
    chain, _ = Chain.objects.update_or_create(
        pk=body.chain["id"],
        organisation_id=organisation,
        defaults=_without_id(body.chain) | {"company_id": company, "root_key": root_key, "emergency": pairing},
    )
    store, _ = Store.objects.update_or_create(
        pk=body.store["id"],
        organisation_id=organisation,
        chain=chain,
        defaults=_without_id(body.store) | {"company_id": company},
    )
    for pos in body.poss:
        keep_pos(pos, store)
    return store


def keep_pos(pos: PosBody, store: Store) -> bool:
    """Make or rename a POS; its number is its identity within the store, whoever made it first. False: no news."""
    rows = Pos.objects.filter(organisation_id=store.organisation_id, store=store, number=pos.number)
    known = rows.first()
    if known is not None:
        learn_series(known, min(pos.series, LATEST_SERIES))
        return bool(rows.exclude(name=pos.name).update(name=pos.name))
    if Pos.objects.filter(organisation_id=store.organisation_id, pk=pos.id).exists():
        raise AnothersRow(f"POS {pos.id}")
    Pos.objects.create(
        id=pos.id,
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store=store,
        number=pos.number,
        name=pos.name,
        latest_series=min(pos.series, LATEST_SERIES),
    )
    return True


def take_pos(store: Store, body: bytes, now: datetime) -> None:
    """At the chain: a POS that was made or renamed at its store."""
    with transaction.atomic():
        said = read_as(body, PosBody)
        # which series there are, a store tells by its devices' enrolments
        if keep_pos(msgspec.structs.replace(said, series=0), store):
            where = {"organisation_id": store.organisation_id, "chain_id": store.chain_id}
            advance_feed(**where, changes=[(STORE, str(store.id), store.id)], at=now)
            rows = Pos.objects.filter(organisation_id=store.organisation_id, store=store, number=said.number)
            actor, subject = f"store:{store.id}", rows.values_list("pk", flat=True).get()
            record("sync.pos.taken", **where, store_id=store.id, actor=actor, at=now, subject=subject)


def _without_id(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != "id"}
