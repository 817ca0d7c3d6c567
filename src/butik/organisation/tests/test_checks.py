"""SQLite holds one organisation."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from butik.organisation.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has row-level security")
def test_a_second_organisation_on_sqlite_is_refused() -> None:
    Organisation.objects.create(name="Nord")
    call_command("check", databases=["default"])
    Organisation.objects.create(name="Syd")
    with pytest.raises(SystemCheckError, match="2 organisations on SQLite"):
        call_command("check", databases=["default"])
