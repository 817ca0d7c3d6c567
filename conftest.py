"""Fixtures for every test, in the apps (`src/butik/*/tests`) and in what spans them (`tests/`)."""

from collections.abc import Iterator

import pytest
from django.utils import translation

pytest_plugins = ("tests.support.databases", "tests.support.street", "tests.support.cast")


@pytest.fixture(autouse=True)
def _no_language_is_left() -> Iterator[None]:
    """A page in Danish leaves its thread speaking Danish: the next test's words must not depend on that."""
    yield
    translation.deactivate()
