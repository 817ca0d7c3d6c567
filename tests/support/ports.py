"""Ports for what tests start: nobody else is given one of them between the asking and the listening.

The system hands out the ports above its range's lower end to whoever connects anywhere, so a port from there may be
gone a moment after it was found free. These come from below it, and each process of a run has a block of its own.
"""

import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST, BLOCK = 10_000, 100  # a block is also room for a row of ports, such as a demo's
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port that nothing listens on now, of the block that is this process's alone."""
    return next(port for port in _own_ports() if is_port_free(port))


def free_row() -> int:
    """The first port of a block that is the caller's alone, none of which is used: room for all services of a demo."""
    while True:
        base = _claim_block()
        if all(is_port_free(port) for port in range(base, base + BLOCK)):
            return base


def is_port_free(port: int) -> bool:
    """Say whether nothing listens there. A server that shares its port (SO_REUSEPORT) is found too."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # ports that only wait out TIME_WAIT are free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def require_free_ports(*ports: int) -> None:
    taken = [str(port) for port in ports if not is_port_free(port)]
    if taken:
        raise RuntimeError(
            f"Something already listens on port {', '.join(taken)}: a server left over from another run?"
        )


@cache
def _own_ports() -> Iterator[int]:
    base = _claim_block()
    return cycle(range(base, base + BLOCK))


def _claim_block() -> int:
    """The first port of a block that no other process claims. A claim is a name, and goes with the process."""
    blocks = list(range(LOWEST, _first_handed_out() - BLOCK, BLOCK))
    random.shuffle(blocks)
    for base in blocks:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0butik-ports-{base}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return base
    raise RuntimeError("Every block of ports is claimed by another process.")


def _first_handed_out() -> int:
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
