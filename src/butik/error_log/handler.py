"""The logging handler that keeps warnings and errors as entries.

It never makes anybody wait: a record is only counted in memory, and a thread of its own takes the secrets out and
writes once a second. A database that fails costs nothing but the delay; what cannot be kept at all was on the console.
"""

import logging
import os
import threading
import time

from django.http.request import UnreadablePostError

from butik.error_log.problems import Place, Seen, cleaned, read_record
from butik.lib.clock import now

MOST_WAITING = 500  # different problems; the same one only counts
PAUSE = 1.0
LONGEST_PAUSE = 60.0
TOLD_EVERY = 60.0

Key = tuple[Place, str]


class ErrorLogHandler(logging.Handler):
    """`writes`: whether a thread writes by itself; tests ask for `write_waiting` instead."""

    def __init__(self, *, writes: bool = True) -> None:
        super().__init__()
        self._writes = writes
        self._waiting: dict[Key, Seen] = {}
        self._mutex = threading.Lock()
        self._writing = threading.local()
        self._thread_of = 0  # the process in which the thread runs: a fork does not take it along

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(self._writing, "now", False) or _is_everyday(record):
            return
        try:
            self._add(read_record(record))
        except Exception:  # noqa: BLE001 - a record that cannot be read must not disturb whoever logged it
            self.handleError(record)
        if self._writes:
            self._start()

    def flush(self) -> None:
        """Called by logging itself when the process ends."""
        if self._writes:
            self.write_waiting()

    def write_waiting(self) -> bool:
        """Write what waits; what cannot be written waits on. Whatever this itself logs is not kept."""
        with self._mutex:
            batch, self._waiting = self._waiting, {}
        if not batch:
            return True
        self._writing.now = True
        try:
            from butik.error_log.actions import keep  # models are not ready when logging is set up

            for key in list(batch):
                keep([cleaned(batch[key])], now=now())
                del batch[key]
        except Exception:  # noqa: BLE001 - no database, no table yet, a full disk: all the same here
            for problem in batch.values():
                self._add(problem, is_older=True)
            return False
        finally:
            self._writing.now = False
        return True

    def _add(self, problem: Seen, *, is_older: bool = False) -> None:
        key = (problem.place, problem.fingerprint)
        with self._mutex:
            known = self._waiting.get(key)
            if known:
                self._waiting[key] = problem.and_again(known) if is_older else known.and_again(problem)
            elif len(self._waiting) < MOST_WAITING:
                self._waiting[key] = problem

    def _start(self) -> None:
        with self._mutex:
            if self._thread_of == os.getpid():
                return
            self._thread_of = os.getpid()
        threading.Thread(target=self._run, name="error-log", daemon=True).start()

    def _run(self) -> None:
        pause, told_at = PAUSE, time.monotonic()
        while True:
            time.sleep(pause)
            pause = PAUSE if self.write_waiting() else min(pause * 2, LONGEST_PAUSE)
            if time.monotonic() - told_at > TOLD_EVERY:
                told_at = time.monotonic()
                self._tell_chain_again()
            _close_connection()

    def _tell_chain_again(self) -> None:
        self._writing.now = True
        try:
            from butik.error_log.actions import tell_chain_again

            tell_chain_again(now=now())
        except Exception:  # noqa: BLE001, S110 - the next minute tries again
            pass
        finally:
            self._writing.now = False


def _is_everyday(record: logging.LogRecord) -> bool:
    """What a stranger can cause is answered, not noted: anybody could make millions, and write to the manager so.

    Addresses that do not exist, forms without a right or a token, names of hosts that are not ours, broken lines.
    """
    if record.name.startswith("django.security"):
        return True
    if record.exc_info and isinstance(record.exc_info[1], UnreadablePostError | ConnectionError):
        return record.name.startswith("django.")
    return record.name == "django.request" and record.levelno < logging.ERROR


def _close_connection() -> None:
    from django.db import connection

    connection.close()
