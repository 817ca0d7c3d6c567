"""The archive of a whole service: one file that is a tar, compressed (zstd) and, unless refused, encrypted (age).

    manifest.json          what it is: role, version, moment, tables with their rows, files with size and SHA-256
    database.sqlite3       or database.dump (PostgreSQL's own format)
    secrets/…              the service's keys: whoever can read an archive is this service
    imports/… objects/…    what else the service keeps in its folder

Files are written beside their place and renamed when they are whole, so a half archive never bears its name.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec
import pyrage
import zstandard

from butik.lib.files import sync_folder
from butik.lib.outside import BadDocument, read_as

FORMAT = "butik-service/1"
MANIFEST = "manifest.json"
KEPT_FOLDERS = ("secrets", "imports", "objects")  # of the data folder; the rest is made anew
CHUNK = 1 << 20
_AGE = b"age-encryption.org/v1"


class ArchiveTrouble(Exception):
    """Said in the user's words."""


class File(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What stands in an archive. `tables`: rows of each table at the moment of the copy."""

    format: str
    role: str
    engine: str  # sqlite or postgresql
    version: str  # of Butik
    made_at: datetime
    tables: dict[str, int]
    files: dict[str, File]


def describe_file(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def kept_files(data: Path) -> dict[str, Path]:
    """Everything besides the database that a service cannot do without, by its name in the archive."""
    found = [path for folder in KEPT_FOLDERS for path in sorted((data / folder).rglob("*")) if path.is_file()]
    return {str(path.relative_to(data)): path for path in found}


def write_archive(target: Path, manifest: Manifest, files: Mapping[str, Path], *, recipient: str | None) -> None:
    """Raise ArchiveTrouble for a bad recipient; `recipient` None writes it readable for everybody."""
    with _beside(target) as packed:
        with (
            packed.open("wb") as raw,
            zstandard.ZstdCompressor(level=3, threads=-1).stream_writer(raw) as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            _add_bytes(tar, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            for name, path in files.items():
                tar.add(path, arcname=name, recursive=False)
        if recipient is None:
            _put_in_place(packed, target)
            return
        with _beside(target) as sealed:
            with packed.open("rb") as source, sealed.open("wb") as result:
                pyrage.encrypt_io(source, result, [_recipient(recipient)])
            _put_in_place(sealed, target)


def read_archive(source: Path, folder: Path, *, identity: str | None) -> Manifest:
    """Unpack an archive into an empty folder and check every file against the manifest. Raises ArchiveTrouble."""
    try:
        with _opened(source, folder, identity) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            manifest = _manifest(tar)
            missing = set(manifest.files)
            while (member := tar.next()) is not None:
                if member.name not in missing or not member.isfile():
                    raise ArchiveTrouble(f"The archive holds something that its manifest does not name: {member.name}")
                _unpack(tar, member, folder, manifest.files[member.name])
                missing.discard(member.name)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise ArchiveTrouble(f"The archive is damaged: {error}.") from error
    if missing:
        raise ArchiveTrouble(f"The archive is cut: {len(missing)} files are missing, such as {min(missing)}.")
    return manifest


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    file = tar.extractfile(first) if first and first.name == MANIFEST else None
    try:
        manifest = read_as(file.read() if file else b"", Manifest)
    except BadDocument as error:
        raise ArchiveTrouble("This is no archive of a Butik service.") from error
    if manifest.format != FORMAT:
        raise ArchiveTrouble(f"This archive has the format {manifest.format}; {FORMAT} is known here.")
    return manifest


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, expected: File) -> None:
    path = (folder / member.name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ArchiveTrouble(f"The archive names a file outside its folder: {member.name}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - a regular file has content
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(CHUNK):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if describe_file(path) != expected:
        raise ArchiveTrouble(f"The archive is damaged: {member.name} is not what was put in.")


@contextmanager
def _opened(source: Path, folder: Path, identity: str | None) -> Iterator[IO[bytes]]:
    """The tar inside, decrypted into a temporary file where it is encrypted."""
    with source.open("rb") as file:
        is_sealed = file.read(len(_AGE)) == _AGE
    if not is_sealed:
        with source.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield stream
        return
    if identity is None:
        raise ArchiveTrouble("This archive is encrypted. Name the file with its key: --identity FILE")
    try:
        key = pyrage.x25519.Identity.from_str(identity)
    except pyrage.IdentityError as error:
        raise ArchiveTrouble("The identity is no age key (AGE-SECRET-KEY-1…).") from error
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".unsealed-") as plain:
        try:
            with source.open("rb") as file:
                pyrage.decrypt_io(file, plain, [key])
        except (pyrage.DecryptError, OSError) as error:
            raise ArchiveTrouble(
                "The archive cannot be opened: it is damaged, or it was made for another key."
            ) from error
        plain.flush()
        with Path(plain.name).open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            yield stream


def _recipient(text: str) -> "pyrage.x25519.Recipient":
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ArchiveTrouble(f"{text} is no age recipient (age1…). `butik backup_key FILE` makes one.") from error


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A name for a file that is not whole yet, on the same disk, readable for us alone; gone afterwards."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _put_in_place(path: Path, target: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    path.replace(target)
    sync_folder(target.parent)
