"""The fixed cast of the page tests: two stores of one chain, a stranger's chain, and who signs in to them.

Alice administers the chain, Bob manages the store, Olga owns it, Dorte supports everybody, Charlie is a stranger who
administers a chain of his own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from django.test import Client

from butik.lib.clock import now
from butik.organisation.installation import forget_installation
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale
from butik.staff.models import Membership, Person
from butik.staff.people import give_access
from butik.store_management.readings import business_date
from tests.support.till import API, Shop, Till, enrol, open_shop

PASSWORD = "correct horse battery"
Level = Membership.Level


@dataclass(frozen=True, slots=True)
class Cast:
    shop: Shop
    sister: Shop
    stranger: Shop
    alice: Person
    bob: Person
    olga: Person
    dorte: Person
    charlie: Person

    @property
    def store(self) -> Store:
        return self.shop.store

    @property
    def organisation_id(self) -> Any:
        return self.store.organisation_id


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    forget_installation()
    moment = now()
    stranger = open_shop(now=moment, number=77, install=False)
    sister = open_shop(now=moment, number=14, install=False)
    shop = open_shop(now=moment, number=12, chain=sister.chain)
    yield Cast(
        shop=shop,
        sister=sister,
        stranger=stranger,
        alice=_person("alice", Level.CHAIN_ADMINISTRATOR, shop.chain),
        bob=_person("bob", Level.STORE_MANAGER, shop.chain, shop.store),
        olga=_person("olga", Level.STORE_OWNER, shop.chain, shop.store),
        dorte=_person("dorte", Level.SUPPORTER, shop.chain),
        charlie=_person("charlie", Level.CHAIN_ADMINISTRATOR, stranger.chain),
    )
    forget_installation()


@pytest.fixture
def nobody(cast: Cast) -> Client:
    """Somebody who is signed in and has no level anywhere."""
    return signed_in(Person.objects.create_user("eve@example.com", PASSWORD))


@pytest.fixture
def till(cast: Cast) -> Till:
    """A device in the store's POS 3, whose opening record has been booked."""
    till = enrol(cast.shop, lambda path, body: _post(path, body), now=now())
    report(till, [till.opening()])
    return till


def sell(till: Till, store: Store, *articles: tuple[str, str, int], **changes: Any) -> Sale:
    """Sell today, as the store sees it, and book it."""
    moment = now()
    till.now = moment
    said = {"business_date": business_date(store, moment).isoformat()} | changes
    report(till, [till.sale(*articles, **said)])
    with tenant_scope([store.organisation_id]):
        return Sale.objects.get(store_id=store.pk, series_id=till.series, counter=till.counter)


def report(till: Till, records: list[str]) -> list[dict[str, Any]]:
    body = msgspec.json.encode({"records": records})
    till.now = now()
    proof = till.proof("POST", f"{API}/journal", body)
    answer = Client().post(f"{API}/journal", body, content_type="application/json", headers={"Authorization": proof})
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = msgspec.json.decode(answer.content)["results"]
    return results


def _person(name: str, level: str, chain: Chain, store: Store | None = None) -> Person:
    return give_access(
        email=f"{name}@example.com",
        name=name.title(),
        password=PASSWORD,
        level=level,
        organisation_id=chain.organisation_id,
        chain=chain,
        store=store,
        actor="system",
        now=now(),
    )


def _post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = Client().post(path, msgspec.json.encode(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    given: dict[str, Any] = msgspec.json.decode(answer.content)
    return given
