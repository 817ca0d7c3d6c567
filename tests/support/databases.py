"""The databases that tests run on: SQLite, or with BUTIK_TEST_DATABASE=postgres a PostgreSQL server of our own.

On PostgreSQL the tables belong to `butik_owner`, and tests run as `butik_app`, as a service does: row-level security
holds for them. That run leaves out what it would only repeat: tests that use no database, and those with a browser.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from tests.support.ports import LOOPBACK
from tests.support.postgres import APP, OWNER, Postgres, running_postgres

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "postgres"}


def pytest_configure() -> None:
    # It may be there: the mutants of `make mutants` are forks of one process, and share what bears its number.
    settings.BUTIK_DATA.mkdir(mode=0o700, exist_ok=True)


def pytest_unconfigure() -> None:
    shutil.rmtree(settings.BUTIK_DATA, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "street" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("street"))  # its services are set up once, by one process
    left_out = [item for item in items if not _belongs_here(config, item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _belongs_here(config: pytest.Config, item: pytest.Item) -> bool:
    if item.get_closest_marker("soak") and "soak" not in config.getoption("markexpr"):
        return False
    if not settings.IS_ON_POSTGRES:
        return item.get_closest_marker("postgres") is None
    if item.get_closest_marker("browser"):
        return False
    return bool(
        item.get_closest_marker("postgres")
        or item.get_closest_marker("django_db")
        or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))
        or issubclass(getattr(item, "cls", None) or object, TransactionTestCase)
    )


@pytest.fixture(scope="session", autouse=True)
def _everything_is_imported() -> None:
    """Views are imported by the first request. If that were made under a stopped clock, they would keep it for good."""
    import_module("butik.urls")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for the whole run, started by the first test that asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    if settings.IS_ON_POSTGRES:
        server: Postgres = request.getfixturevalue("postgres")
        connection.settings_dict |= {"HOST": LOOPBACK, "PORT": str(server.port), "USER": OWNER, "PASSWORD": ""}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The tables are there, made by their owner; from here on tests are the application."""
    if not settings.IS_ON_POSTGRES:
        yield
        return
    with ExitStack() as stack, django_db_blocker.unblock():
        stack.enter_context(signed_in_as(APP))
        stack.enter_context(emptied_by_owner())
        yield


@contextmanager
def signed_in_as(role: str) -> Iterator[None]:
    before = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = role
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = before


@contextmanager
def emptied_by_owner() -> Iterator[None]:
    """Tests with real transactions empty all tables afterwards, which only their owner may."""
    case: Any = TransactionTestCase
    empty = case._fixture_teardown

    def as_owner(self: TransactionTestCase) -> None:
        with signed_in_as(OWNER):
            empty(self)

    case._fixture_teardown = as_owner
    try:
        yield
    finally:
        case._fixture_teardown = empty
