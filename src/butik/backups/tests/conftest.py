"""A store with an emergency cloud that listens."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.till import Shop, open_shop

from butik.backups.folder import folder
from butik.backups.tests.cloud import Cloud, running_cloud
from butik.lib.clock import now
from butik.organisation.installation import forget_installation


@pytest.fixture(autouse=True)
def _nights_far_away(settings: Any) -> None:
    """Whoever tests the nightly one says so: `AT` is noon."""
    settings.BUTIK_BACKUP_WINDOW = "23:58-23:59"


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    forget_installation()
    yield open_shop(now=now())
    forget_installation()
    shutil.rmtree(folder())


@pytest.fixture
def cloud(shop: Shop) -> Iterator[Cloud]:
    with running_cloud(shop.chain, now()) as cloud:
        shop.store.chain = shop.chain
        yield cloud
