"""`butik restore FILE`: a service from its archive, checked before anybody can use it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from butik.environment import set_text, text
from butik.lib.command_line import Parser
from butik.lib.files import file_trouble, sync_folder
from butik.serving.archive import ArchiveTrouble, Manifest, read_archive
from butik.serving.dump import (
    FILE_NAMES,
    POSTGRESQL,
    check_sqlite,
    empty_postgresql,
    need_empty_postgresql,
    postgresql_rows,
    restore_postgresql,
    sqlite_rows,
)
from butik.serving.founding import DATABASE, in_sentences, need_files, need_own_database
from butik.serving.processes import Child, fork
from butik.serving.supervisor import say

SECRET_FILES = ("organisation_secretfile", "name", "sha256")


def restore(arguments: list[str]) -> int:
    """Return the process's exit code; what went wrong is said in a sentence, and then nothing was restored."""
    parser = Parser(
        prog="butik restore",
        description="Put a service back from an archive of `butik backup`, into an empty data folder, and check it.",
        epilog="The service is named by its settings, as for `butik serve` (docs/operations.md).",
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--identity", type=Path, metavar="FILE", help="the private key that the archive was encrypted to"
    )
    options = parser.parse_args(arguments)
    try:
        manifest = put_back(options.file, identity=options.identity)
    except (ArchiveTrouble, OSError) as trouble:
        say(f"{trouble} Nothing was restored.")
        return 1
    rows = sum(manifest.tables.values())
    say(
        f"Restored the {manifest.role} service of {manifest.made_at:%Y-%m-%d %H:%M} UTC: {rows:,} rows and "
        f"{len(manifest.files) - 1} files, all as they were. Start it with `butik serve`."
    )
    return 0


def put_back(source: Path, *, identity: Path | None) -> Manifest:
    """Database and files in their places. The data folder appears when everything was checked, or not at all.

    What fails takes back what it did, so that it can be tried again. Raises ArchiveTrouble.
    """
    role = text("BUTIK_ROLE")
    data = Path(text("BUTIK_DATA", f"data/{role}")).resolve()
    if data.exists() and any(data.iterdir()):
        raise ArchiveTrouble(
            f"{data} is not empty. Nothing is restored over a service: name another folder in BUTIK_DATA."
        )
    data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was cut
    folder.mkdir(mode=0o700)
    try:
        manifest = read_archive(source, folder, identity=_identity(identity))
        _need_same_service(manifest, role)
        _need_fitting_keys(manifest, folder)
        with _database_in_place(manifest, folder):
            _check_and_note(folder)
            if data.exists():
                data.rmdir()
            folder.rename(data)
            sync_folder(data.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return manifest


def _identity(path: Path | None) -> str | None:
    try:
        return path.read_text().strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise ArchiveTrouble(f"The identity {path} cannot be read: {error}.") from error


@contextmanager
def _database_in_place(manifest: Manifest, folder: Path) -> Iterator[None]:
    """The database, with the rows that it had; gone again when what follows fails."""
    dump = folder / FILE_NAMES[manifest.engine]
    if manifest.engine != POSTGRESQL:
        _compare(manifest.tables, check_sqlite(dump))
        dump.rename(folder / DATABASE)
        yield
        return
    url = text("BUTIK_OWNER_DATABASE_URL") or text("BUTIK_DATABASE_URL")
    need_empty_postgresql(url)
    try:
        _compare(manifest.tables, restore_postgresql(url, dump))
        dump.unlink()
        yield
    except BaseException:
        empty_postgresql(url)
        raise


def _need_fitting_keys(manifest: Manifest, folder: Path) -> None:
    """The keys in the archive are those that its database knows: else nothing that it signs is believed."""
    dump = folder / FILE_NAMES[manifest.engine]
    known = (postgresql_rows if manifest.engine == POSTGRESQL else sqlite_rows)(dump, SECRET_FILES)
    if not known:
        raise ArchiveTrouble("The database in this archive knows no keys: it is no service's.")
    trouble = file_trouble(folder / "secrets", known)
    if trouble:
        raise ArchiveTrouble(f"The keys in this archive do not fit its database. {trouble}")


def _need_same_service(manifest: Manifest, role: str) -> None:
    if manifest.role != role:
        raise ArchiveTrouble(f"This is the archive of a {manifest.role} service; BUTIK_ROLE says {role or 'nothing'}.")
    if (manifest.engine == POSTGRESQL) != bool(text("BUTIK_DATABASE_URL")):
        raise ArchiveTrouble(f"The archive is of a database on {manifest.engine}; BUTIK_DATABASE_URL says otherwise.")


def _compare(expected: dict[str, int], found: dict[str, int]) -> None:
    differing = sorted(name for name in expected if found.get(name) != expected[name])
    if differing:
        first = differing[0]
        raise ArchiveTrouble(
            f"{len(differing)} tables are not as they were: {first} has {found.get(first, 0)} rows, "
            f"not {expected[first]}."
        )


def _check_and_note(folder: Path) -> None:
    """Bring the database to this version, and say that it was restored: others then bring what it missed.

    In a process of its own, in which the service's folder is the one that nobody sees yet.
    """
    pid = fork(Child("restore", lambda: in_sentences(lambda: _work_in(folder))))
    if os.waitpid(pid, 0)[1]:
        raise ArchiveTrouble("What was restored could not be brought to this version of Butik; see above.")


def _work_in(folder: Path) -> None:
    import django

    set_text("BUTIK_DATA", str(folder))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection

    from butik.organisation.secret_files import check_secrets
    from butik.serving.migrating import bring_up_to_date

    need_files(settings.BUTIK_DATA, settings.BUTIK_ROLE, on_sqlite=connection.vendor == "sqlite")
    need_own_database()
    bring_up_to_date(owner_url=text("BUTIK_OWNER_DATABASE_URL"))
    check_secrets()
    _note_restore()
    connection.close()
    for beside in folder.glob(f"{DATABASE}-gate*"):
        beside.unlink()


def _note_restore() -> None:
    from django.apps import apps
    from django.db import transaction

    with transaction.atomic():
        if apps.is_installed("butik.sync"):
            from butik.sync.restored import note_restore

            note_restore()
        else:
            from butik.live.actions import begin_epoch

            begin_epoch()
