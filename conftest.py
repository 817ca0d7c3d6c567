"""Fixtures for every test, in the apps (`src/butik/*/tests`) and in what spans them (`tests/`)."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

# How long a case takes depends on what else the machine does: it is nothing that a test may fail for.
settings.register_profile("butik", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("butik")

pytest_plugins = ("tests.support.databases", "tests.support.street", "tests.support.cast", "tests.support.figures")


@pytest.fixture(autouse=True)
def _no_language_is_left() -> Iterator[None]:
    """A page in Danish leaves its thread speaking Danish: the next test's words must not depend on that."""
    yield
    translation.deactivate()
