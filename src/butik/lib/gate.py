"""One fair write gate for a SQLite file.

SQLite lets one connection write at a time, but its busy handler is no queue: under load one writer of several waited
3-4 s while the others went on (docs/decisions/0003). So whoever wants to write first takes its place here: threads of
one process in the order they came, processes in turn by `flock` on two files beside the database. Whoever holds the
gate has the write lock at once.
"""

import fcntl
import os
import threading
import time
from collections import deque
from pathlib import Path
from weakref import WeakSet

LONGEST_WAIT = 30.0  # seconds
_SHORTEST_NAP, _LONGEST_NAP = 0.00005, 0.001


class GateBusyError(Exception):
    """Somebody has held the gate for longer than any piece of work may take."""


class WriteGate:
    """A FIFO lock between threads, and a fair one between processes. Not re-entrant."""

    def __init__(self, path: Path | None) -> None:
        """`path` is the lock file; None for a database in memory, which no other process sees."""
        self._path = path
        self._begin()
        _all_gates.add(self)

    def _begin(self) -> None:
        self._files: tuple[int, int] | None = None
        self._mutex = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Event] = deque()

    def acquire(self, timeout: float = LONGEST_WAIT) -> None:
        deadline = time.monotonic() + timeout
        self._take_turn(timeout)
        try:
            if self._path is not None:
                self._lock_out_processes(self._path, deadline)
        except BaseException:
            self._pass_on()
            raise

    def release(self) -> None:
        if self._files is not None:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._pass_on()

    def _take_turn(self, timeout: float) -> None:
        with self._mutex:
            if not self._held:
                self._held = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        came = False
        try:
            came = turn.wait(timeout)
        finally:
            if not came:
                self._leave_queue(turn)
        if not came:
            raise GateBusyError

    def _leave_queue(self, turn: threading.Event) -> None:
        """Timed out or interrupted; the turn may have come in that very moment."""
        with self._mutex:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()  # the gate stays held: it goes straight to the next in line
            else:
                self._held = False

    def _lock_out_processes(self, path: Path, deadline: float) -> None:
        """Stand in the doorway, then go through the gate.

        Only one process at a time stands in the doorway, and whoever leaves the gate must pass it to come again: so no
        process can take two turns while another waits.
        """
        if self._files is None:
            self._files = (_open(path.with_name(f"{path.name}-door")), _open(path))
        doorway, gate = self._files
        _lock(doorway, deadline)
        try:
            _lock(gate, deadline)
        finally:
            fcntl.flock(doorway, fcntl.LOCK_UN)

    def forget_parent(self) -> None:
        """In a forked child: an inherited lock file is the parent's, and so is whatever it holds and waits for."""
        for file in self._files or ():
            os.close(file)
        self._begin()


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(file: int, deadline: float) -> None:
    """With short naps: a blocking flock has no deadline, and a process that hangs must not hang all others."""
    nap = _SHORTEST_NAP
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise GateBusyError from None
        time.sleep(nap)
        nap = min(nap * 1.5, _LONGEST_NAP)


_all_gates: WeakSet[WriteGate] = WeakSet()
_gates: dict[str, WriteGate] = {}
_gates_mutex = threading.Lock()


def gate_for(database: str) -> WriteGate:
    """The gate of a database file: one for all connections of this process."""
    with _gates_mutex:
        if database not in _gates:
            in_memory = database == ":memory:" or "mode=memory" in database
            _gates[database] = WriteGate(None if in_memory else Path(f"{database}-gate"))
        return _gates[database]


def _begin_in_child() -> None:
    global _gates_mutex  # another thread of the parent may have held it
    _gates_mutex = threading.Lock()
    for gate in list(_all_gates):
        gate.forget_parent()


os.register_at_fork(after_in_child=_begin_in_child)
