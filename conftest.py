"""Fixtures for every test, in the apps (`src/butik/*/tests`) and in what spans them (`tests/`)."""

pytest_plugins = ("tests.support.databases", "tests.support.street", "tests.support.cast")
