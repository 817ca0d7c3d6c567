"""Two tenants, filled to the brim."""

import pytest

from butik.lib.clock import now
from tests.tenants.world import Tenant, build


@pytest.fixture
def ours(db: None) -> Tenant:
    return build("Zebra", 12, now())


@pytest.fixture
def theirs(db: None, ours: Tenant) -> Tenant:
    return build("Okapi", 40, now())
