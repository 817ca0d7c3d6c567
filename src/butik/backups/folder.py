"""Where a store's backups lie until the emergency cloud has proven them: sealed, whole, and nobody else's to read."""

import fcntl
import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings

from butik.lib.files import make_folder, sync_folder

ENDING = ".age"
PART = ".part"  # plain or sealed, but not whole: never offered, and swept
PIECE = 1024 * 1024


def folder() -> Path:
    path: Path = settings.BUTIK_DATA / "backups"
    make_folder(path)
    return path


def sealed_file(backup_id: UUID) -> Path:
    return folder() / f"{backup_id}{ENDING}"


def put_in_place(sealed: Path, backup_id: UUID) -> None:
    """Give a whole, synced file its name; the name is on the disk too when the call returns."""
    sealed.rename(sealed_file(backup_id))
    sync_folder(folder())


@contextmanager
def only_one() -> Iterator[bool]:
    """True for the one process that may make and send; what it finds begun was left by one that has died."""
    handle = os.open(folder() / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def sweep(keep: Collection[UUID]) -> list[str]:
    """Delete everything but the sealed files of these backups. Return the names of what went."""
    kept = {"lock", *(f"{each}{ENDING}" for each in keep)}
    gone = [path for path in folder().iterdir() if path.name not in kept]
    for path in gone:
        path.unlink()
    return [path.name for path in gone]


def is_whole(path: Path, sha256: str) -> bool:
    """Whether the file is the one that the manifest speaks of."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == sha256
