"""A chain that has introduced itself is adopted: kept with its stores, and offered a root and a recipient."""

from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction

from butik.audit.actions import record
from butik.emergency.models import ActivationRules
from butik.emergency.rules import fix_rules
from butik.lib.signing import encode
from butik.live.actions import announce
from butik.organisation.installation import install_emergency, organisations_here
from butik.organisation.keys import emergency_root
from butik.organisation.models import Chain, Company, Organisation, Store
from butik.organisation.pairing import Introduction, Offer, read_introduction
from butik.organisation.tenancy import tenant_scope
from butik.vault.keys import recipient_of


class NotAdopted(Exception):
    """Said in the user's words."""


def adopt_chain(*, document: str, actor: str, now: datetime, rules: dict[str, Any] | None = None) -> bytes:
    """Keep what a butik-chain document says; return the offer (JSON). Again: names are brought up to date.

    `rules`: of its activation (`rules.write_down`); later only two persons change them, on its page.
    Raises BadDocument, or NotAdopted when another chain root is known for this chain, or this service can hold no
    second organisation.
    """
    said = read_introduction(document)
    install_emergency()
    _require_room(said)
    with tenant_scope([said.org]), transaction.atomic():
        chain = _keep_tree(said)
        if rules is not None:
            if ActivationRules.objects.filter(organisation_id=said.org, chain=chain).exists():
                raise NotAdopted("The rules of this chain's activation are fixed: two persons change them on its page.")
            fix_rules(chain=chain, content=rules, actor=actor, now=now)
        where = {"organisation_id": said.org, "chain_id": chain.pk}
        record("emergency.chain.adopted", **where, actor=actor, at=now, subject=chain.pk)
        announce("emergency", **where, ref=chain.pk, at=now)
    offer = Offer(
        chain=said.chain,
        url=settings.BUTIK_URL,
        key=encode(emergency_root(said.chain).public),
        recipient=recipient_of(said.chain),
    )
    return msgspec.json.encode(offer)


def _require_room(said: Introduction) -> None:
    if connection.vendor == "sqlite" and set(organisations_here()) - {said.org}:
        raise NotAdopted("This service is on SQLite and has another organisation already: move it to PostgreSQL.")


def _keep_tree(said: Introduction) -> Chain:
    Organisation.objects.update_or_create(pk=said.org, defaults={"name": said.organisation_name})
    company, _ = Company.objects.update_or_create(
        pk=said.company,
        organisation_id=said.org,
        defaults={"name": said.company_name, "vat_number": said.vat_number},
    )
    known = Chain.objects.filter(organisation_id=said.org, pk=said.chain).first()
    if known is not None and bytes(known.root_key or b"") != said.key_bytes:
        raise NotAdopted("This chain is known here with another root: what it introduces now is not the same chain.")
    chain, _ = Chain.objects.update_or_create(
        pk=said.chain,
        organisation_id=said.org,
        defaults={
            "company": company,
            "number": said.number,
            "name": said.name,
            "currency": said.currency,
            "cash_rounding": said.cash_rounding,
            "root_key": said.key_bytes,
        },
    )
    for each in said.stores:
        names = {name: getattr(each, name) for name in ("number", "name", "address", "timezone", "language")}
        Store.objects.update_or_create(
            pk=each.id,
            organisation_id=said.org,
            chain=chain,
            defaults=names,
            create_defaults={**names, "company": company},
        )
    return chain
