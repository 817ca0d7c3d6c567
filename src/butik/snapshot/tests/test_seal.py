"""Packing and encrypting, and whatever may have happened to a file on its way."""

import hashlib
import os
from pathlib import Path

import pyrage
import pytest
import zstandard

from butik.snapshot.format import BadSnapshot
from butik.snapshot.seal import seal, unseal

LIMIT = 10 * 1024 * 1024
IDENTITY = pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain"
    path.write_bytes(b"the quick brown fox" * 50_000 + os.urandom(300_000))
    return path


def sealed_from(folder: Path, packed: bytes) -> Path:
    path = folder / "sealed"
    path.write_bytes(pyrage.encrypt(packed, [IDENTITY.to_public()]))
    return path


def test_what_was_sealed_is_unsealed(tmp_path: Path, plain: Path) -> None:
    said = seal(plain, tmp_path / "sealed", RECIPIENT)
    content = (tmp_path / "sealed").read_bytes()
    assert (said.size, said.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert said.plain_size == plain.stat().st_size > said.size
    assert b"quick brown" not in content
    unseal(tmp_path / "sealed", tmp_path / "again", str(IDENTITY), limit=LIMIT)
    assert (tmp_path / "again").read_bytes() == plain.read_bytes()
    assert (tmp_path / "sealed").stat().st_mode & 0o777 == (tmp_path / "again").stat().st_mode & 0o777 == 0o600


def test_what_was_changed_on_its_way_is_refused(tmp_path: Path, plain: Path) -> None:
    seal(plain, tmp_path / "sealed", RECIPIENT)
    whole = (tmp_path / "sealed").read_bytes()
    middle = len(whole) // 2
    changed = tmp_path / "changed"
    for content in (
        b"",
        whole[:100],
        whole[:middle],
        whole[:-1],
        whole + b"x",
        whole[:50] + bytes([whole[50] ^ 1]) + whole[51:],
        whole[:middle] + bytes([whole[middle] ^ 128]) + whole[middle + 1 :],
        whole[:-1] + bytes([whole[-1] ^ 1]),
    ):
        changed.write_bytes(content)
        with pytest.raises(BadSnapshot, match="cannot be decrypted"):
            unseal(changed, tmp_path / "again", str(IDENTITY), limit=LIMIT)
        assert not (tmp_path / "again").exists()


def test_what_was_meant_for_another_is_refused(tmp_path: Path, plain: Path) -> None:
    seal(plain, tmp_path / "sealed", RECIPIENT)
    with pytest.raises(BadSnapshot, match="meant for another"):
        unseal(tmp_path / "sealed", tmp_path / "again", str(pyrage.x25519.Identity.generate()), limit=LIMIT)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (zstandard.compress(bytes(LIMIT + 1)), "more than may be"),
        (zstandard.compress(bytes(10)) + zstandard.compress(bytes(LIMIT)), "more than it says"),
        (zstandard.compress(os.urandom(5000))[:-100], "less than it says"),
        (zstandard.ZstdCompressor(write_content_size=False).compress(bytes(5000)), "does not say"),
        (b"", "less than it says"),
        (b"\x28\xb5", "cannot be unpacked"),
        (b"anything but zstd " * 100, "cannot be unpacked"),
    ],
    ids=["bomb", "two frames", "cut", "silent", "empty", "a beginning", "not zstd"],
)
def test_a_bomb_or_what_cannot_be_unpacked_is_refused(tmp_path: Path, packed: bytes, said: str) -> None:
    with pytest.raises(BadSnapshot, match=said):
        unseal(sealed_from(tmp_path, packed), tmp_path / "again", str(IDENTITY), limit=LIMIT)
    assert not (tmp_path / "again").exists()


def test_nothing_is_written_over(tmp_path: Path, plain: Path) -> None:
    seal(plain, tmp_path / "sealed", RECIPIENT)
    with pytest.raises(FileExistsError):
        seal(plain, tmp_path / "sealed", RECIPIENT)
    with pytest.raises(FileExistsError):
        unseal(tmp_path / "sealed", plain, str(IDENTITY), limit=LIMIT)
    assert plain.exists()
