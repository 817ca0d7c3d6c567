"""The one public port. We hold it ourselves and lend it to the front door, so that nobody can share it by accident."""

import socket
import time
from pathlib import Path

BACKLOG = 1024


class PortTaken(Exception):
    """Said in the user's words."""


def claim_port(host: str, port: int, *, patience: float = 2.0) -> socket.socket:
    """Listen on a port that must be free. A service that was just killed may take a moment to let go of it."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return _listen(host, port)
        except PermissionError:
            raise PortTaken(f"Port {port} is not open to this user. Choose one above 1023 with BUTIK_PORT.") from None
        except OSError as error:
            if time.monotonic() > deadline:
                raise PortTaken(_explain(port, error)) from None
            time.sleep(0.01)


def listener_address(listener: socket.socket) -> str:
    """As nginx writes it; it must be the very address of the socket that it is lent."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port} ipv6only=off" if host == "::" else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _listen(host: str, port: int) -> socket.socket:
    """Without SO_REUSEPORT: the kernel refuses a port that any other socket listens on, even one that would share."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not held up by connections long closed
        if host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener


def _explain(port: int, error: OSError) -> str:
    holder = _holder_of(port)
    by = f" by {holder}" if holder else " by another program"
    return f"Port {port} is taken{by}. Stop that, or choose another port with BUTIK_PORT. ({error.strerror})"


def _holder_of(port: int) -> str | None:
    """Name and number of the process that listens on a port, as far as this user may see it."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {str(handle.readlink()) for handle in (process / "fd").iterdir()}
            if wanted & links:
                return f"{(process / 'comm').read_text().strip()!r} (process {process.name})"
        except OSError:
            continue
    return None


def _listening_inodes(port: int) -> list[str]:
    inodes: list[str] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        columns = [row.split() for row in rows]
        # 0A: LISTEN; the port is the hexadecimal end of the local address
        inodes += [row[9] for row in columns if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port]
    return inodes
