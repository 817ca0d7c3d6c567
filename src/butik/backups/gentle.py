"""Work that steps aside: whatever else the machine has to do goes first."""

import os
import threading
from contextlib import suppress

NICENESS = 19


def step_aside() -> None:
    """Lower the priority of this thread for good (Linux has one for each thread); the main thread keeps its own.

    It may write to the database all the same: sales that wait for its turn at the gate leave it the processor.
    """
    if threading.current_thread() is threading.main_thread():
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
