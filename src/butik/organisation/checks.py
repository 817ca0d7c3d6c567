"""What must hold before a service may run."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connections

from butik.organisation.models import Organisation


@register(Tags.database)
def check_one_organisation_on_sqlite(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """SQLite has only the application's own lock between tenants, so it may hold one."""
    for alias in databases or []:
        if connections[alias].vendor != "sqlite":
            continue
        try:
            count = Organisation.objects.using(alias).count()
        except DatabaseError:  # not migrated yet: nothing to protect
            continue
        if count > 1:
            return [
                Error(
                    f"This service has {count} organisations on SQLite, which has no row-level security.",
                    hint="Move it to PostgreSQL: set BUTIK_DATABASE_URL.",
                    id="butik.E001",
                )
            ]
    return []
