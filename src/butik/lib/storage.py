"""What a disk or a database says when it cannot keep or read something: the one place that knows their words."""

import errno
import logging
import threading
import time
from collections.abc import Iterator

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
SQLITE_FULL, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB = 13, 10, 11, 26
POSTGRES_FULL = "53100"
POSTGRES_DAMAGED = ("XX", "58030")  # internal errors, damaged pages and indexes among them; an I/O error

TOLD_EVERY = 60.0  # seconds

logger = logging.getLogger(__name__)


class FullDisk:
    """A full disk refuses everything, many times a second: it is logged at once, and then once a minute with a count.

    Logging each would only fill what is full already.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._told_at = float("-inf")
        self._since = 0

    def tell(self, doing: str, error: BaseException) -> None:
        with self._mutex:
            now = time.monotonic()
            self._since += 1
            if now - self._told_at < TOLD_EVERY:
                return
            times, self._since, self._told_at = self._since, 0, now
        logger.error(
            "The disk is full: %s was not stored (%s). Refused since this was last said: %d", doing, error, times
        )


full_disk = FullDisk()


def is_full(error: BaseException | None) -> bool:
    """Whether it failed for want of room: the file system, SQLite or PostgreSQL."""
    return any(_says_full(each) for each in _causes(error))


def is_damaged(error: BaseException | None) -> bool:
    """Whether what was read is not what was written: a damaged page, a disk that fails. Not a line that is down."""
    return any(_says_damaged(each) for each in _causes(error))


def _says_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    if getattr(error, "sqlstate", None) == POSTGRES_FULL:
        return True
    return _sqlite_code(error) == SQLITE_FULL or "database or disk is full" in str(error)


def _says_damaged(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.EIO
    if str(getattr(error, "sqlstate", None) or "").startswith(POSTGRES_DAMAGED):
        return True
    return _sqlite_code(error) in {SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB}


def _sqlite_code(error: BaseException) -> int:
    """The first byte of SQLite's extended code says what it is; what follows says where."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of. Django's own errors have the driver's as their cause."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
