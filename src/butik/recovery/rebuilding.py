"""A store's controller is rebuilt from the backup that its emergency sold from: the way home without a chain.

With a chain there is a shorter one: `butik join_chain`, and the feed brings articles and staff (docs/apps/recovery.md).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from butik.articles.feed import ArticleBody, apply_articles
from butik.audit.actions import record
from butik.lib.outside import read_anything, read_as
from butik.lib.signing import BadDocument, decode, encode, key_id
from butik.organisation.installation import install_store, this_installation
from butik.organisation.keys import Certificate, read_certificate, service_key
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing, read_pairing
from butik.organisation.tenancy import tenant_scope
from butik.pricing.actions import publish_prices
from butik.recovery.actions import claim
from butik.recovery.cloud import Cloud, CloudTrouble
from butik.recovery.learning import fetched_backup, learn, opened_series
from butik.snapshot.format import BadSnapshot
from butik.snapshot.read import Snapshot
from butik.staff.models import ShopAssistant
from butik.sync.models import Uplink
from butik.sync.store_bodies import keep_tree
from butik.sync.wire import PosBody, StoreBody


class CannotRebuild(Exception):
    """Said in the user's words."""


class Papers(msgspec.Struct, frozen=True):
    """What introduces a new controller when the chain's service cannot: made where the chain's root is kept."""

    root: dict[str, str]  # kid, key
    certificate: str  # butik-key of this service's key
    emergency: str  # butik-emergency


@dataclass(frozen=True, slots=True)
class Introduced:
    """Papers that hold."""

    root_key: bytes
    certificate: Certificate
    document: str
    pairing: Pairing
    emergency: str


def read_papers(text: bytes, *, root_kid: str, now: datetime) -> Introduced:
    """Believe the papers as far as the root goes, which `root_kid` names: it must come by another way."""
    try:
        papers = read_as(text, Papers)
        root_key = decode(papers.root["key"])
        if key_id(root_key) != root_kid:
            raise BadDocument("the root is not the one that was named")
        certificate = read_certificate(papers.certificate, root_key, now)
        pairing = read_pairing(papers.emergency, root_key)
    except (BadDocument, KeyError) as error:
        raise CannotRebuild(f"The papers do not hold: {error}") from error
    if (pairing.org, pairing.chain) != (certificate.org, certificate.chain):
        raise CannotRebuild("Certificate and pairing are of different chains.")
    if certificate.key_bytes != service_key().public:
        raise CannotRebuild(
            f"The certificate is another controller's. Have one made for {encode(service_key().public)}."
        )
    return Introduced(root_key, certificate, papers.certificate, pairing, papers.emergency)


def rebuild_store(*, introduced: Introduced, recovery_key: str, chain_url: str = "", now: datetime) -> Store:
    """Make this empty service the store that it was. Repeating it after a failure goes on where it stopped."""
    said = introduced.certificate
    here = this_installation()
    if here.store_id and here.store_id != said.store:
        raise CannotRebuild("This service is another store's already. Use a data folder of its own.")
    cloud = Cloud(introduced.pairing.url, said.org, said.chain, said.store, service_key(), introduced.document)
    try:
        if cloud.claim(recovery_key).backup is None:
            raise CannotRebuild("The emergency had no backup of this store: there is nothing to rebuild it from.")
        with fetched_backup(cloud) as snapshot:
            store = install_from(snapshot, introduced, chain_url=chain_url, now=now)
        publish_prices(store=store, position=0, now=now)  # nothing of a feed has been read here
        claim(store=store, key=recovery_key, cloud=cloud, actor="system", now=now)
        return store
    except CloudTrouble as trouble:
        raise CannotRebuild(str(trouble)) from trouble
    except BadSnapshot as error:
        raise CannotRebuild(f"The backup cannot be used: {error}.") from error
    finally:
        cloud.close()


def install_from(snapshot: Snapshot, introduced: Introduced, *, chain_url: str, now: datetime) -> Store:
    """Everything of the snapshot, in one transaction: all of it is there afterwards, or nothing."""
    said = introduced.certificate
    if UUID(snapshot.meta["org"]) != said.org:
        raise BadSnapshot("another organisation's")
    with tenant_scope([said.org]), transaction.atomic():
        keep_tree(_tree(snapshot, introduced), root_key=introduced.root_key)
        store: Store = Store.objects.select_related("chain").get(organisation_id=said.org, pk=said.store)
        install_store(
            store=store,
            root_key=introduced.root_key,
            certificate=introduced.document,
            chain_url=chain_url.rstrip("/"),
        )
        Uplink.objects.get_or_create(pk=1)
        apply_articles(_articles(snapshot), store, now)
        _keep_assistants(snapshot, store)
        learn(snapshot, store, now)
        record(
            "recovery.store.rebuilt",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            actor="system",
            at=now,
            subject=store.id,
            made_at=snapshot.meta["made_at"],
        )
    return store


def _tree(snapshot: Snapshot, introduced: Introduced) -> StoreBody:
    """As in the feed; chain and emergency as the papers have them, not as the backup says."""
    tree, opened = snapshot.tree, opened_series(snapshot)
    said = introduced.certificate
    chain: dict[str, Any] = tree["chain"] | {"emergency": introduced.emergency}
    return StoreBody(
        organisation=tree["organisation"],
        company=tree["company"],
        chain=chain,
        store=tree["store"] | {"key_version": said.version},
        poss=[PosBody(UUID(pos.id), pos.number, pos.name, opened.get(pos.number, 0)) for pos in snapshot.poss()],
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    body: bytes


def _articles(snapshot: Snapshot) -> list[_Entry]:
    codes: dict[str, list[tuple[str, int]]] = {}
    for code in snapshot.barcodes():
        codes.setdefault(code.number, []).append((code.code, code.quantity))
    return [
        _Entry(
            each.number,
            msgspec.json.encode(
                ArticleBody(
                    version=each.version,
                    text=each.text,
                    name=each.name,
                    group=each.group_name,
                    unit=each.unit,
                    price=each.price,
                    vat_rate=each.vat_rate,
                    age_limit=each.age_limit,
                    linked=each.linked,
                    blocked=each.blocked,
                    barcodes=tuple(sorted(codes.get(each.number, ()))),
                )
            ),
        )
        for each in snapshot.articles()
    ]


def _keep_assistants(snapshot: Snapshot, store: Store) -> None:
    """As of the backup, without a revision: what the chain knows of them, if it is there, is newer."""
    for each in snapshot.assistants():
        ShopAssistant.objects.get_or_create(
            organisation_id=store.organisation_id,
            pk=UUID(each.id),
            defaults={
                "chain_id": store.chain_id,
                "store": store,
                "number": each.number,
                "name": each.name,
                "role": each.role,
                "pin": read_anything(each.pin.encode()),
                "pin_version": each.pin_version,
                "revision": 0,
            },
        )
