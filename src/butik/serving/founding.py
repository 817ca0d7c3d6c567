"""A service is founded once, by a command. It never begins anew by accident: an empty disk or database is an error.

The mark of the founding is a file, `secrets/founding`, which the database knows by its digest like every key there. So
folder and database must be each other's: of an unmounted disk, a new database or another service's folder one of the
two does not know the other.
"""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from butik.environment import text
from butik.lib.command_line import Parser
from butik.lib.files import SecretTrouble, file_digest, make_folder, replace_file
from butik.lib.ids import new_id
from butik.serving.data_folder import FolderInUse, lock_folder
from butik.serving.processes import Child, fork
from butik.serving.supervisor import say

DATABASE = "butik.sqlite3"
KEPT = ("secrets", DATABASE, "objects", "imports", "backups")
UNFINISHED = "founding.unfinished"
HEADER = b"SQLite format 3\0"
BACK = "If it was lost, `butik restore` brings it back from a backup (docs/operations.md)."


class NotFounded(Exception):
    """Said in the user's words."""


class Mark(msgspec.Struct, frozen=True):
    """What `secrets/founding` says."""

    id: str
    role: str
    founded_at: datetime


def found_service(arguments: list[str]) -> int:
    """`butik found_service`: a new, empty service. Return the process's exit code."""
    Parser(
        prog="butik found_service",
        description="Make a new, empty service: its folder, its keys and its database. Only this makes one.",
        epilog="The service is named by its settings, as for `butik serve` (docs/operations.md).",
    ).parse_args(arguments)
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    try:
        data: Path = settings.BUTIK_DATA
        need_room(data)
        lock_folder(data)
    except (ImproperlyConfigured, FileNotFoundError, FolderInUse, NotFounded) as problem:
        say(str(problem))
        return 2
    code = found(owner_url=text("BUTIK_OWNER_DATABASE_URL"))
    if not code:
        say(f"Founded a new {settings.BUTIK_ROLE} service in {data}. Start it with `butik serve`.")
    return code


def found(*, owner_url: str) -> int:
    """In a process of its own, so that the caller never opens a connection. Return its exit code."""
    import django

    django.setup()
    pid = fork(Child("found", lambda: in_sentences(lambda: found_here(owner_url=owner_url))))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def found_here(*, owner_url: str = "") -> None:
    """Keys, database and mark. Cut anywhere, it goes on when it is asked again. Raises NotFounded."""
    from django.conf import settings

    from butik.organisation.keys import service_key
    from butik.organisation.secret_files import FOUNDING, keep_secret, note_secret
    from butik.serving.migrating import bring_up_to_date

    data: Path = settings.BUTIK_DATA
    need_room(data)
    secrets = data / "secrets"
    make_folder(secrets)
    mark = _begun(data, settings.BUTIK_ROLE)
    _make_database()
    bring_up_to_date(owner_url=owner_url)
    keep_secret(secrets / "django.key", lambda: settings.SECRET_KEY)
    service_key()
    for name in ("django.key", "service.key"):
        note_secret(secrets / name)
    replace_file(secrets / FOUNDING, msgspec.json.encode(mark))
    note_secret(secrets / FOUNDING)
    (data / UNFINISHED).unlink()  # all of it is there: now it is a service


def need_room(data: Path) -> None:
    """Nothing is founded over a service."""
    if (data / UNFINISHED).exists():
        return
    there = [name for name in KEPT if (data / name).exists()]
    if there:
        raise NotFounded(f"{data} is not empty: {there[0]} is there. Nothing is founded over a service.")


def need_files(data: Path, role: str, *, on_sqlite: bool) -> None:
    """What must be there before anything is started: the mark, and on SQLite the database. Raises NotFounded."""
    if (data / UNFINISHED).exists():
        raise NotFounded(f"The founding of {data} was cut short. Run `butik found_service` again: it goes on.")
    mark = _read_mark(data, role)
    if mark.role != role:
        raise NotFounded(f"{data} is the folder of a {mark.role} service; BUTIK_ROLE says {role}.")
    if not on_sqlite:
        return
    database = data / DATABASE
    try:
        with database.open("rb") as file:
            begins = file.read(len(HEADER))
    except FileNotFoundError:
        raise NotFounded(f"The database {database} is missing. Nothing was started. {BACK}") from None
    except OSError as error:
        raise NotFounded(f"The database {database} cannot be read: {error.strerror}.") from None
    if begins != HEADER:
        what = "empty" if not begins else "damaged: it does not begin as a database does"
        raise NotFounded(f"The database {database} is {what}. Nothing was started. {BACK}")


def need_own_database() -> None:
    """The database and the folder are each other's. Raises NotFounded."""
    from django.db import DatabaseError, connection

    from butik.organisation.models import SecretFile
    from butik.organisation.secret_files import FOUNDING, secrets_folder

    name = connection.settings_dict["NAME"]
    try:
        tables = connection.introspection.table_names()
        known = (
            SecretFile.objects.filter(name=FOUNDING).values_list("sha256", flat=True).first()
            if SecretFile._meta.db_table in tables
            else None
        )
    except DatabaseError as error:
        raise NotFounded(f"The database {name} cannot be read: {str(error).strip()}") from None
    if known is None:
        raise NotFounded(f"The database {name} is empty, but its service was founded before. {BACK}")
    if known != file_digest(secrets_folder() / FOUNDING):
        raise NotFounded(
            f"The database {name} is another service's than the folder {secrets_folder().parent}. "
            "Check BUTIK_DATA and BUTIK_DATABASE_URL."
        )


def need_service() -> None:
    """For a command that works inside a service: there is one, and it is whole. Raises NotFounded, SecretTrouble."""
    import django
    from django.conf import settings

    django.setup()
    from butik.organisation.secret_files import check_secrets

    need_files(settings.BUTIK_DATA, settings.BUTIK_ROLE, on_sqlite=not text("BUTIK_DATABASE_URL"))
    need_own_database()
    check_secrets()


def _read_mark(data: Path, role: str) -> Mark:
    path = data / "secrets" / "founding"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        there = [name for name in KEPT if (data / name).exists()]
        if there:
            raise NotFounded(f"{path} is missing, though {there[0]} is there. Nothing was started. {BACK}") from None
        raise NotFounded(
            f"There is no {role} service in {data}. If its disk is not mounted, mount it. {BACK} "
            "A new, empty one is made by `butik found_service`, once."
        ) from None
    except OSError as error:
        raise NotFounded(f"{path} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError:
        raise NotFounded(f"{path} is damaged or empty. Nothing was started. {BACK}") from None


def _begun(data: Path, role: str) -> Mark:
    """The mark of this founding, or of the one that was cut."""
    from butik.lib.clock import now

    path = data / UNFINISHED
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    _need_empty_postgresql()
    mark = Mark(str(new_id()), role, now())
    replace_file(path, msgspec.json.encode(mark))
    return mark


def _need_empty_postgresql() -> None:
    from django.db import DatabaseError, connection

    if connection.vendor == "sqlite":
        return
    try:
        tables = connection.introspection.table_names()
    except DatabaseError as error:
        raise NotFounded(f"The database cannot be reached: {str(error).strip()}") from None
    if tables:
        raise NotFounded("The database is not empty. Create a new one, and name it in BUTIK_DATABASE_URL.")


def _make_database() -> None:
    """SQLite: a file that is a database from its first moment."""
    from django.db import connection

    if connection.vendor == "sqlite":
        from pysqlite3 import dbapi2

        made: Any = dbapi2.connect(connection.settings_dict["NAME"])
        made.execute("PRAGMA journal_mode=WAL")
        made.close()


def in_sentences(act: Callable[[], object]) -> None:
    """Run it; what a person must know is a sentence and exit code 2."""
    try:
        act()
    except (NotFounded, SecretTrouble) as trouble:
        say(str(trouble))
        raise SystemExit(2) from None
