"""Work that steps aside: what else the machine has to do goes first."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

NICENESS = 10

T = TypeVar("T")


def gently(work: Callable[[], T]) -> T:
    """Do the work in a thread of its own with low priority (Linux has one for each thread).

    It must not touch the database: whoever holds the write gate keeps sales waiting, and must not be slow.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="backup", initializer=_step_aside) as one:
        return one.submit(work).result()


def _step_aside() -> None:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
