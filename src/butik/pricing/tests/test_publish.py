"""Price files are published when their content changes, signed, and renewed before they expire."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from butik.articles.tests.imports import import_lines
from butik.audit.models import AuditEntry
from butik.lib.clock import now
from butik.lib.signing import BadDocument, SigningKey, verify_document
from butik.lib.versions import version_at
from butik.live.models import LiveEvent
from butik.organisation.actions import found_chain, found_organisation, open_store
from butik.organisation.keys import service_key
from butik.organisation.models import Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.actions import TYPE, publish_prices, renew_prices
from butik.pricing.models import PriceFile

MILK = "1001;5701234567899;Mælk;12,95;25"
BREAD = "1002;57012346;Brød;24,50;25"


@pytest.fixture
def store(db: None) -> Iterator[Store]:
    company = found_organisation(name="Nord", company="Nord A/S", vat_number="DK12345678", actor="system", now=now())
    chain = found_chain(company=company, number=1, name="Nord", actor="system", now=now())
    with tenant_scope([chain.organisation_id]):
        yield open_store(chain=chain, number=12, name="Havnen", actor="system", now=now())


def publish(store: Store, position: int) -> PriceFile:
    file = publish_prices(store=store, position=position, now=now())
    assert file is not None
    return file


def test_a_store_without_articles_has_no_price_file(store: Store) -> None:
    assert publish_prices(store=store, position=0, now=now()) is None


def test_the_manifest_is_signed_and_says_what_the_bytes_are(store: Store) -> None:
    import_lines(store.chain, MILK, BREAD)
    file = publish(store, 2)
    manifest = json.loads(verify_document(file.manifest, TYPE, service_key().public))
    content = bytes(file.content)
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest() == file.sha256
    assert (manifest["size"], manifest["articles"], manifest["version"], manifest["position"]) == (
        len(content),
        2,
        version_at(file.created_at),
        2,
    )
    assert (manifest["store"], manifest["currency"]) == (str(store.id), "DKK")
    assert json.loads(gzip.decompress(content))["count"] == 2
    assert AuditEntry.objects.filter(action="pricing.price_file.published").count() == 1
    assert LiveEvent.objects.filter(topic="prices", store_id=store.id).count() == 1
    with pytest.raises(BadDocument):
        verify_document(file.manifest, TYPE, SigningKey.generate().public)


def test_nothing_new_publishes_nothing(store: Store) -> None:
    import_lines(store.chain, MILK)
    first = publish(store, 1)
    assert publish(store, 1).pk == first.pk
    assert publish(store, 7).pk == first.pk  # the feed went on, but not about articles
    assert PriceFile.objects.get().position == 7


def test_a_new_price_is_a_new_version(store: Store) -> None:
    import_lines(store.chain, MILK)
    first = publish(store, 1)
    import_lines(store.chain, MILK.replace("12,95", "13,95"))
    second = publish(store, 2)
    assert second.version in (first.version + 1, version_at(second.created_at))
    assert first.sha256 != second.sha256


def test_the_last_three_are_kept(store: Store) -> None:
    versions = []
    for price in range(1, 6):
        import_lines(store.chain, MILK.replace("12,95", f"{price},00"))
        versions.append(publish(store, price).version)
    assert versions == sorted(set(versions))
    assert sorted(PriceFile.objects.values_list("version", flat=True)) == versions[2:]


def test_an_ageing_file_is_signed_anew_as_it_is(store: Store) -> None:
    import_lines(store.chain, MILK)
    first = publish(store, 1)
    assert renew_prices(store=store, now=now() + timedelta(days=14)) is None
    later = now() + timedelta(days=16)
    import_lines(store.chain, MILK, BREAD)  # perhaps half of what is to come: it is not published by renewing
    second = renew_prices(store=store, now=later)
    assert second is not None
    assert (second.version, second.sha256) == (version_at(later), first.sha256)
    manifest = json.loads(verify_document(second.manifest, TYPE, service_key().public))
    assert manifest["expires_at"] > later.isoformat()


@pytest.mark.parametrize("position", [1, 7], ids=["nothing happened", "the feed went on"])
def test_a_store_that_stands_alone_renews_what_ages_by_publishing(store: Store, position: int) -> None:
    import_lines(store.chain, MILK)
    first = publish(store, 1)
    assert publish_prices(store=store, position=position, now=now() + timedelta(days=14)) == first
    later = now() + timedelta(days=16)
    second = publish_prices(store=store, position=position, now=later)
    assert second is not None
    assert (second.version, second.sha256) == (version_at(later), first.sha256)
    assert json.loads(verify_document(second.manifest, TYPE, service_key().public))["expires_at"] > later.isoformat()
