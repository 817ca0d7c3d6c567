"""Sealing and unsealing: zstd, level 1, then age. Both stream: a file is never in memory."""

import hashlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import pyrage
import zstandard

from butik.snapshot.format import BadSnapshot

LEVEL = 1
LARGEST_WINDOW = 8 * 1024 * 1024  # what unpacking may take of memory; level 1 asks for half a megabyte
PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Sealed:
    size: int
    sha256: str
    plain_size: int


@dataclass
class _Counted:
    """Writes through, counts and digests; stops what would become longer than `limit`."""

    file: IO[bytes]
    limit: int
    size: int = 0

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self.size > self.limit:
            raise BadSnapshot("unpacks to more than it says")
        self.digest.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def seal(plain: Path, sealed: Path, recipient: str) -> Sealed:
    """Pack and encrypt `plain` into the new file `sealed`, which is on the disk when the call returns."""
    to = pyrage.x25519.Recipient.from_str(recipient)
    plain_size = plain.stat().st_size
    packer = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
    sealed.touch(mode=0o600, exist_ok=False)
    with plain.open("rb") as source, sealed.open("wb", buffering=PIECE) as file:
        out = _Counted(file, sys.maxsize)
        with packer.stream_reader(source, size=plain_size, read_size=PIECE) as packed:
            pyrage.encrypt_io(packed, out, [to])
    _sync(sealed)
    return Sealed(out.size, out.digest.hexdigest(), plain_size)


def unseal(sealed: Path, plain: Path, identity: str, *, limit: int) -> None:
    """Decrypt and unpack into the new file `plain`, of at most `limit` bytes.

    Raises BadSnapshot, and leaves nothing behind, when it was cut, changed, meant for another, or is a bomb.
    """
    key = pyrage.x25519.Identity.from_str(identity)
    plain.touch(mode=0o600, exist_ok=False)
    try:
        with sealed.open("rb") as source, plain.open("wb", buffering=PIECE) as file:
            unpacker = _Unpacker(_Counted(file, limit))
            pyrage.decrypt_io(source, unpacker, [key])
            unpacker.finish()
    except BaseException as error:
        with suppress(FileNotFoundError):
            plain.unlink()
        if isinstance(error, zstandard.ZstdError):
            raise BadSnapshot("cannot be unpacked") from error
        # age tells of changed bytes as of an input error; one that has a number is the disk's
        if isinstance(error, pyrage.DecryptError) or (isinstance(error, OSError) and error.errno is None):
            raise BadSnapshot("cannot be decrypted: cut, changed or meant for another") from error
        raise


class _Unpacker:
    """Takes the packed bytes: one frame, which says at its beginning how long its content is."""

    HEADER = 18  # bytes of the longest zstd frame header

    def __init__(self, out: _Counted) -> None:
        self._out = out
        self._begin = b""
        self._says: int | None = None
        self._write: Callable[[bytes], object] = self._look

    def write(self, data: bytes) -> int:
        self._write(data)
        return len(data)

    def flush(self) -> None:
        self._out.flush()

    def finish(self) -> None:
        """Raise BadSnapshot unless exactly what was announced has come out."""
        if self._says is None and self._begin:
            self._start()
        if self._out.size != self._says:
            raise BadSnapshot("unpacks to less than it says")

    def _look(self, data: bytes) -> None:
        self._begin += data
        if len(self._begin) >= self.HEADER:
            self._start()

    def _start(self) -> None:
        says = zstandard.get_frame_parameters(self._begin).content_size
        if says == zstandard.CONTENTSIZE_UNKNOWN:
            raise BadSnapshot("does not say how much it unpacks to")
        if says > self._out.limit:
            raise BadSnapshot("unpacks to more than may be")
        self._says = self._out.limit = says
        unpacker = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        # written on piece by piece: a bomb is stopped at its limit, not after it has filled the memory
        self._write = unpacker.stream_writer(cast(IO[bytes], self._out), write_size=PIECE, closefd=False).write
        self._write(self._begin)


def _sync(path: Path) -> None:
    """Bring a file and its name to the disk."""
    for each in (path, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
