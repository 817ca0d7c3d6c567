"""The fences of the jail, put up by the process itself before it reads anything of a stranger's.

What the machine permits: as root everything; as another user the namespaces, where unprivileged ones are allowed.
"""

import ctypes
import os
import resource
from contextlib import suppress

from butik.vault.evidence import Fence

MEMORY = 512 * 1024 * 1024
SECONDS = 30
OPEN_FILES = 32
# An own user that owns nothing: of the range that service managers hand out for such purposes, and nobody logs in as.
USER = 61_184

_NEW_USER, _NEW_NET, _NEW_IPC, _NEW_UTS = 0x10000000, 0x40000000, 0x08000000, 0x04000000
_NO_NEW_PRIVILEGES, _DUMPABLE = 38, 4


def put_up(largest_file: int) -> list[Fence]:
    """Fence this process in, in its present folder; return which fences stand. It is to have one thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    is_root = os.geteuid() == 0
    fences: list[Fence] = []
    if libc.unshare(_NEW_NET | _NEW_IPC | _NEW_UTS | (0 if is_root else _NEW_USER)) == 0:
        fences.append("network")
    with suppress(OSError):
        os.chroot(".")
        os.chdir("/")
        fences.append("files")
    if is_root:
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
        fences.append("user")
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_DUMPABLE, 0, 0, 0, 0)
    _limit(largest_file)
    return ["limits", *fences]


def _limit(largest_file: int) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, largest_file),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
