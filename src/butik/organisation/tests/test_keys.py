"""A chain introduces its stores' keys."""

from datetime import timedelta

import pytest

from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.lib.signing import BadDocument, SigningKey
from butik.organisation.keys import chain_root, issue_certificate, read_certificate, service_key
from butik.organisation.models import Store


def a_store() -> Store:
    return Store(organisation_id=new_id(), chain_id=new_id(), key_version=3)


def test_a_certificate_says_whose_key_it_is() -> None:
    store, key = a_store(), SigningKey.generate()
    document = issue_certificate(store=store, key=key.public, now=now())
    certificate = read_certificate(document, chain_root(store.chain_id).public, now())
    assert (certificate.store, certificate.key_bytes, certificate.version) == (store.id, key.public, 3)


def test_another_chain_s_root_introduces_nobody_here() -> None:
    store = a_store()
    document = issue_certificate(store=store, key=SigningKey.generate().public, now=now())
    with pytest.raises(BadDocument, match="another key"):
        read_certificate(document, chain_root(new_id()).public, now())


def test_a_certificate_ends() -> None:
    store = a_store()
    document = issue_certificate(store=store, key=SigningKey.generate().public, now=now() - timedelta(days=732))
    with pytest.raises(BadDocument, match="expired"):
        read_certificate(document, chain_root(store.chain_id).public, now())


def test_a_private_key_is_for_the_service_alone(settings: object) -> None:
    key = service_key()
    path = settings.BUTIK_DATA / "secrets" / "service.key"  # type: ignore[attr-defined]
    assert path.stat().st_mode & 0o777 == 0o600
    assert service_key().public == key.public
