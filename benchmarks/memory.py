"""What a service weighs: the proportional set size of all its processes."""

from pathlib import Path

import psutil


def megabytes(supervisor: int) -> float:
    root = psutil.Process(supervisor)
    return sum(_pss(each.pid) for each in (root, *root.children(recursive=True))) / 1024


def _pss(pid: int) -> int:
    """In kB, as the kernel counts: what is shared is divided among those who share it."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
