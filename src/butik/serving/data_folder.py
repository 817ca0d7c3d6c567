"""The data folder of a service: one service at a time, and a place for the sockets between its processes."""

import fcntl
import hashlib
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET = 100  # the kernel's limit for the path of a unix socket is 107


class FolderInUse(Exception):
    """Said in the user's words."""


def lock_folder(data: Path, *, patience: float = 2.0) -> int:
    """Hold the folder as long as any process of this service lives. Return the lock's file descriptor."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderInUse(f"The data folder {data} cannot be used: {error.strerror}.") from None
    deadline = time.monotonic() + patience  # one that was just killed needs a moment to be gone
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                raise FolderInUse(f"Another butik serve already runs on the data folder {data}.") from None
            time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Sockets:
    pages: Path
    calls: tuple[Path, ...]
    live: Path


def make_sockets(data: Path, *, calls: int = 1) -> Sockets:
    """Names for fresh unix sockets; what a killed service left behind is removed."""
    folder = data / "run"
    if len(str(folder)) > LONGEST_SOCKET - len("/calls-1.sock"):
        digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"butik-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise FolderInUse(f"The folder {folder} belongs to somebody else.")
    sockets = Sockets(
        pages=folder / "pages.sock",
        calls=tuple(folder / f"calls-{number}.sock" for number in range(1, calls + 1)),
        live=folder / "live.sock",
    )
    for path in (sockets.pages, *sockets.calls, sockets.live):
        path.unlink(missing_ok=True)
    return sockets
