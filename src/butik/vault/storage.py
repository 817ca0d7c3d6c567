"""Objects: files that are written once under a name of ours, and never changed. No name of a store's is ever a path."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings

from butik.lib.files import make_folder, sync_folder
from butik.lib.ids import new_id

CHUNK = 256 * 1024
UNFINISHED = "incoming"


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooLong(Exception):
    """More bytes came than were announced."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A body on its way in: a file that no row names yet."""

    path: Path
    size: int
    digest: bytes  # SHA-256


def objects() -> Path:
    folder: Path = settings.BUTIK_DATA / "objects"
    return folder


def object_path(name: str) -> Path:
    return objects() / name


@contextmanager
def incoming(source: Source, limit: int) -> Iterator[Incoming]:
    """Stream a body into a temporary file; the file is gone after the block unless `keep` gave it its name.

    Raises TooLong, OSError (a full disk).
    """
    folder = objects() / UNFINISHED
    make_folder(folder)
    path = folder / new_id().hex
    try:
        with open_new(path) as file:
            size, digest = 0, hashlib.sha256()
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLong
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield Incoming(path, size, digest.digest())
    finally:
        path.unlink(missing_ok=True)


def open_new(path: Path):  # type: ignore[no-untyped-def] # the type of fdopen is longer than the function
    """A file that did not exist before, for us alone."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def keep(incoming: Incoming, folder: str) -> str:
    """Give a body its final name, durably; return it. A link, not a rename: what is there is never overwritten."""
    name = f"{folder}/{new_id().hex}.age"
    path = object_path(name)
    make_folder(path.parent)
    os.link(incoming.path, path)
    sync_folder(path.parent)
    return name


def discard(name: str) -> None:
    object_path(name).unlink(missing_ok=True)
