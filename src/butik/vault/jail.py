"""Runs the examination of one file in a short-lived process of its own, and reads what comes out of it by its types.

The process gets no environment, no argument but a size, no file but the copy in its folder; the secret comes by pipe.
"""

import hashlib
import json
import logging
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import msgspec
from django.conf import settings

from butik.vault.evidence import ANSWER, DISK_FULL, FENCES, SEALED, Answer, Order
from butik.vault.fences import SECONDS, USER
from butik.vault.storage import CHUNK

LARGEST_ANSWER = 256 * 1024 * 1024
_START = "import sys; sys.path[:] = {path}; from butik.vault.inside import main; main()"

log = logging.getLogger(__name__)


class JailTrouble(Exception):
    """This machine could not examine the file; nothing is said about the file."""

    @property
    def is_for_lack_of_room(self) -> bool:
        return str(self) == DISK_FULL


class BitRot(Exception):
    """The object is not what was received any more."""


def examine_in_jail(sealed: Path, sha256: str, order: Order) -> Answer:
    """Raises JailTrouble, BitRot, OSError. Takes at most 30 s and 512 MB."""
    with _folder() as folder:
        _copy(sealed, folder / SEALED, sha256)
        reason = _run(folder, order)
        answer = Answer(refusal=reason) if reason else _read_answer(folder / ANSWER)
    if answer.trouble:
        raise JailTrouble(answer.trouble)
    if answer.fences:
        _note_missing(tuple(fence for fence in FENCES if fence not in answer.fences))
    return answer


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for one file, which is gone afterwards with all that was unpacked in it."""
    around = settings.BUTIK_DATA / "jail"
    around.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=around))
    try:
        if os.geteuid() == 0:
            os.chown(folder, USER, USER)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(sealed: Path, to: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with sealed.open("rb") as source, to.open("xb") as file:
        while piece := source.read(CHUNK):
            digest.update(piece)
            file.write(piece)
    if digest.hexdigest() != sha256:
        raise BitRot("is not what was received any more: its bytes have changed on our disk")
    to.chmod(0o444)


def _run(folder: Path, order: Order) -> str:
    """Let the process run to its end; return why it was stopped, or nothing."""
    # -I: no environment, no user's packages, not this folder; what it may import is said here
    command = [sys.executable, "-I", "-c", _START.format(path=json.dumps(sys.path)), str(order.plain_size)]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command,
        cwd=folder,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        with suppress(BrokenPipeError):  # one that has ended says more by how it did
            _tell(process, msgspec.json.encode(order))
        if not _ends_within(SECONDS, process.pid):
            os.killpg(process.pid, signal.SIGKILL)
            return f"takes longer than {SECONDS} s"
    if process.returncode == -signal.SIGXCPU:
        return f"takes longer than {SECONDS} s"
    if process.returncode in {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGABRT, -signal.SIGILL, -signal.SIGFPE}:
        return "makes its reader crash"
    if process.returncode:
        raise JailTrouble(f"the process ended with {process.returncode}")
    return ""


def _tell(process: "subprocess.Popen[bytes]", said: bytes) -> None:
    if process.stdin:
        with process.stdin as pipe:
            pipe.write(said)


def _ends_within(seconds: float, pid: int) -> bool:
    """Told by the kernel at once; `Popen.wait` with a timeout looks again only now and then."""
    handle, ends = os.pidfd_open(pid), select.poll()
    try:
        ends.register(handle, select.POLLIN)
        return bool(ends.poll(1000 * seconds))
    finally:
        os.close(handle)


def _read_answer(path: Path) -> Answer:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        content = file.read(LARGEST_ANSWER + 1)
    if len(content) > LARGEST_ANSWER:
        return Answer(refusal="holds more than may be")
    try:
        return msgspec.msgpack.decode(content, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Answer(refusal=f"does not fit: {error}"[:300])


@cache
def _note_missing(fences: tuple[str, ...]) -> None:
    """Once a process: it is the same every time."""
    if fences:
        log.warning(
            "Backups are examined without these fences, which this machine does not permit: %s.", ", ".join(fences)
        )
