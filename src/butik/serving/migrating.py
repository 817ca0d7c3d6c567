"""Bring the database up to date before a service starts."""

import os
import re
from collections.abc import Callable
from typing import Any

from butik.serving.founding import in_sentences, need_own_database
from butik.serving.processes import Child, fork


def begin_migration(*, owner_url: str) -> Callable[[], int]:
    """Check that it is this service's own database, bring it up to date, and check the keys that it knows.

    In a process of its own, so that the supervisor never opens a connection and can load the rest meanwhile. What is
    returned waits for its exit code; what a person must know has been said then.
    """
    pid = fork(Child("migrate", lambda: in_sentences(lambda: _migrate(owner_url))))
    return lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _migrate(owner_url: str) -> None:
    from butik.organisation.secret_files import check_secrets

    need_own_database()
    bring_up_to_date(owner_url=owner_url)
    check_secrets()


def bring_up_to_date(*, owner_url: str) -> None:
    """PostgreSQL: as the owner of the tables, who then lets the service's own role work with their rows."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    role = settings.DATABASES["default"].get("USER", "")
    if owner_url:
        _become_owner(owner_url)
    call_command("migrate", interactive=False, verbosity=0)
    if owner_url and connection.settings_dict["USER"] != role:
        with connection.cursor() as cursor:
            for statement in grants(role):
                cursor.execute(statement)


def _become_owner(owner_url: str) -> None:
    from django.conf import settings
    from django.db import connection

    from butik.settings import database

    connection.close()
    owner: dict[str, Any] = database(owner_url, settings.BUTIK_DATA, "BUTIK_OWNER_DATABASE_URL")
    connection.settings_dict.update(owner)


def grants(role: str) -> list[str]:
    """What the application's role may do: rows, not tables; never the list of migrations."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_$-]*", role):
        raise ValueError(f"{role!r} is no role that can be granted anything")
    return [
        f'GRANT USAGE ON SCHEMA public TO "{role}"',
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}"',
        f'REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM "{role}"',
        f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}"',
    ]
