"""Fixtures for every test, in the apps (`src/butik/*/tests`) and in what spans them (`tests/`)."""

from collections.abc import Iterator

import pytest
from django.db.models.signals import post_save
from django.utils import translation
from hypothesis import HealthCheck, settings

# How long a case takes depends on what else the machine does: it is nothing that a test may fail for.
settings.register_profile("butik", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("butik")

pytest_plugins = ("tests.support.databases", "tests.support.street", "tests.support.cast", "tests.support.figures")


@pytest.fixture(scope="session", autouse=True)
def _every_act_has_words() -> None:
    """Also one whose name is put together: whatever test writes it fails (`tests/test_acts.py` reads the others)."""
    from butik.audit.models import AuditEntry
    from butik.audit_log.acts import ACTS

    def check(instance: AuditEntry, **_: object) -> None:
        if instance.action not in ACTS:
            raise AssertionError(f"{instance.action} has no words in butik/audit_log/acts.py")

    post_save.connect(check, sender=AuditEntry, weak=False)


@pytest.fixture(autouse=True)
def _no_installation_is_left() -> Iterator[None]:
    """Which store or chain a service is, is read once a process: the next test's database says something else."""
    yield
    from butik.organisation.installation import forget_installation

    forget_installation()


@pytest.fixture(autouse=True)
def _no_language_is_left() -> Iterator[None]:
    """A page in Danish leaves its thread speaking Danish: the next test's words must not depend on that."""
    yield
    translation.deactivate()
