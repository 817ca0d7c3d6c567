"""A chain and its emergency cloud are paired by documents that people carry."""

import json
from datetime import datetime, timedelta

import pytest

from butik.lib.clock import now
from butik.lib.signing import BadDocument, SigningKey, encode
from butik.lib.versions import version_at
from butik.organisation.actions import found_chain, found_organisation, open_store
from butik.organisation.models import Chain
from butik.organisation.pairing import (
    NotPaired,
    introduce_chain,
    pair_chain,
    pairing_of,
    read_introduction,
    read_pairing,
)
from butik.organisation.tenancy import tenant_scope

pytestmark = pytest.mark.django_db
RECIPIENT = "age1" + "q" * 58


@pytest.fixture
def at() -> datetime:
    return now()


@pytest.fixture
def chain(at: datetime) -> Chain:
    company = found_organisation(name="Fjord", company="Fjord ApS", vat_number="DK1", actor="system", now=at)
    chain = found_chain(company=company, number=1, name="Fjord", actor="system", now=at)
    open_store(chain=chain, number=12, name="Havnegade", actor="system", now=at)
    return chain


def offer(chain: Chain, key: SigningKey, *, url: str = "https://e.example", named: str = "") -> bytes:
    plain = {"chain": named or str(chain.id), "url": url, "key": encode(key.public), "recipient": RECIPIENT}
    return json.dumps(plain).encode()


def test_an_introduction_names_the_chain_and_its_stores(chain: Chain, at: datetime) -> None:
    with tenant_scope([chain.organisation_id]):
        document = introduce_chain(chain, now=at)
    introduction = read_introduction(document)
    assert (introduction.chain, introduction.key_bytes) == (chain.id, bytes(chain.root_key or b""))
    assert [store.number for store in introduction.stores] == [12]


@pytest.mark.parametrize("spoil", [lambda d: d[:-8], lambda d: d[:-4] + "AAAA", lambda _: "", lambda _: "a.b.c"])
def test_an_introduction_that_was_changed_is_refused(spoil: object, chain: Chain, at: datetime) -> None:
    assert callable(spoil)
    with tenant_scope([chain.organisation_id]):
        document = introduce_chain(chain, now=at)
    with pytest.raises(BadDocument):
        read_introduction(spoil(document))


def test_an_offer_is_pinned_once_and_by_the_chain_root(chain: Chain, at: datetime) -> None:
    key = SigningKey.generate()
    paired = pair_chain(chain=chain, offer=offer(chain, key), actor="system", now=at)
    again = pair_chain(chain=chain, offer=offer(chain, key), actor="system", now=at + timedelta(days=1))
    pairing = pairing_of(paired)
    assert pairing is not None
    assert (pairing.key_bytes, pairing.version) == (key.public, version_at(at))
    assert pairing.audience == f"emergency/{chain.id}"
    assert again.emergency == paired.emergency
    with pytest.raises(BadDocument):
        read_pairing(paired.emergency, SigningKey.generate().public)


def test_the_address_may_change_and_the_root_may_not(chain: Chain, at: datetime) -> None:
    key = SigningKey.generate()
    pair_chain(chain=chain, offer=offer(chain, key), actor="system", now=at)
    moved = pair_chain(chain=chain, offer=offer(chain, key, url="https://new.example"), actor="system", now=at)
    pairing = pairing_of(moved)
    assert pairing is not None
    assert (pairing.url, pairing.version) == ("https://new.example", version_at(at) + 1)
    with pytest.raises(NotPaired, match="pinned"):
        pair_chain(chain=chain, offer=offer(chain, SigningKey.generate()), actor="system", now=at)


@pytest.mark.parametrize("bad", [b"", b"{}", b"\xff", b'{"chain":1}'])
def test_nonsense_is_no_offer(bad: bytes, chain: Chain, at: datetime) -> None:
    with pytest.raises(NotPaired, match="not the offer"):
        pair_chain(chain=chain, offer=bad, actor="system", now=at)


def test_an_offer_for_another_chain_is_refused(chain: Chain, at: datetime) -> None:
    other = offer(chain, SigningKey.generate(), named="0199c0de-0000-7000-8000-000000000000")
    with pytest.raises(NotPaired, match="another chain"):
        pair_chain(chain=chain, offer=other, actor="system", now=at)
