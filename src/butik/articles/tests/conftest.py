"""A chain in Danish kroner to import into."""

from collections.abc import Iterator

import pytest

from butik.lib.clock import now
from butik.organisation.actions import found_chain, found_organisation, open_store
from butik.organisation.models import Chain, Store
from butik.organisation.tenancy import tenant_scope


@pytest.fixture
def chain(db: None) -> Iterator[Chain]:
    company = found_organisation(name="Nord", company="Nord A/S", vat_number="DK12345678", actor="system", now=now())
    chain = found_chain(company=company, number=1, name="Nord", actor="system", now=now())
    with tenant_scope([chain.organisation_id]):
        yield chain


@pytest.fixture
def store(chain: Chain) -> Store:
    return open_store(chain=chain, number=12, name="Havnen", actor="system", now=now())
