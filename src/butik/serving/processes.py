"""Child processes that cannot outlive their parent, each in a process group of its own."""

import ctypes
import gc
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Child:
    """`run` is called in the forked process; it may replace it (exec)."""

    name: str
    run: Callable[[], object]


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies, even if that was killed and could not tell anybody."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def fork(child: Child) -> int:
    """Start a child: own process group, no signal handler or mask of ours, dies with us."""
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        _join_group(pid)
        return pid
    code = 1
    try:
        _join_group(0)
        die_with(parent)
        gc.enable()  # the supervisor loads without; whoever works makes garbage
        _forget_signals()
        _libc.prctl(_PR_SET_NAME, f"butik {child.name}".encode())
        logging.disable(logging.NOTSET)
        child.run()
        logging.shutdown()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - nothing of a fork may run on in its parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _join_group(pid: int) -> None:
    """Both sides do it, so that neither can be ahead of it."""
    with suppress(PermissionError, ProcessLookupError):  # the other side was faster, and has run on
        os.setpgid(pid, pid)


def _forget_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def signal_groups(groups: Iterable[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)
