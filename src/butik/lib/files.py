"""Files that are trusted later: each is written beside its place, flushed to the disk, and put there whole."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


class SecretTrouble(Exception):
    """A key or mark of a service is missing or damaged. Said in the user's words."""


def write_new(path: Path, content: bytes) -> bool:
    """Put a file where none is, for us alone; False when another was faster, whose file then stays."""
    with _beside(path, content) as whole:
        try:
            os.link(whole, path)
        except FileExistsError:
            return False
    sync_folder(path.parent)
    return True


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file, or leave it as it was; only its owner reads it."""
    with _beside(path, content) as whole:
        whole.replace(path)
    sync_folder(path.parent)


_named: set[Path] = set()  # folders whose names this process has put on the disk


def make_folder(path: Path) -> None:
    """A folder for us alone, and those around it that are missing; their names are on the disk when it returns.

    One that is there may have been made by a process that was killed before its name was: it is seen to once.
    """
    if path in _named and path.is_dir():
        return
    if path.is_dir():
        with suppress(PermissionError):  # it lies in somebody else's folder
            sync_folder(path.parent)
    else:
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
        sync_folder(path.parent)
    _named.add(path)


def sync_folder(path: Path) -> None:
    """A name is on the disk when its folder is."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_trouble(folder: Path, known: Mapping[str, str]) -> str:
    """What is wrong with the files of a folder, by the digests that a database knows; empty when all fit."""
    for name in sorted(known):
        path = folder / name
        try:
            found = file_digest(path)
        except FileNotFoundError:
            return f"The file {folder.name}/{name} is missing."
        except OSError as error:
            return f"The file {folder.name}/{name} cannot be read: {error.strerror}."
        if found != known[name]:
            what = "damaged, or another's" if path.stat().st_size else "empty"
            return f"The file {folder.name}/{name} is {what}: it is not the one that the database knows."
    return ""


@contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """The content under a name of this process's own, on the disk; gone afterwards."""
    whole = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield whole
    finally:
        whole.unlink(missing_ok=True)
