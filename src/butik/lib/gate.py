"""One fair write gate for a SQLite file.

SQLite lets one connection write at a time, but its busy handler is no queue: under load one writer of several waited
3-4 s while the others went on (docs/decisions/0003). So whoever wants to write first takes its place here: threads of
one process in the order they came, processes by `flock` on a file beside the database. Whoever holds the gate has the
write lock at once.
"""

import fcntl
import os
import threading
from collections import deque
from pathlib import Path


class WriteGate:
    """A FIFO lock between threads, and an `flock` between processes. Not re-entrant."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the lock file; None for a database in memory, which no other process sees."""
        self._path = path
        self._file: int | None = None
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                turn = None
            else:
                turn = threading.Event()
                self._waiting.append(turn)
        if turn is not None:
            turn.wait()
        try:
            self._lock_file()
        except BaseException:
            self._pass_on()
            raise

    def release(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()  # the gate stays held: it goes straight to the next in line
            else:
                self._held = False

    def _lock_file(self) -> None:
        if self._path is None:
            return
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)


_gates: dict[str, WriteGate] = {}
_gates_mutex = threading.Lock()


def gate_for(database: str) -> WriteGate:
    """The gate of a database file: one for all connections of this process."""
    with _gates_mutex:
        if database not in _gates:
            in_memory = database == ":memory:" or "mode=memory" in database
            _gates[database] = WriteGate(None if in_memory else Path(f"{database}-gate"))
        return _gates[database]
