"""Each test has a data folder of its own: objects and secrets of one are nothing to the others."""

from pathlib import Path

import pytest
from django.conf import settings

from butik.vault.tests.depot import Depot


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(settings, "BUTIK_DATA", tmp_path / "data")


@pytest.fixture
def depot(db: None) -> Depot:
    return Depot.adopt()
