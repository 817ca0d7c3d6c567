"""Where a service listens and how it is seen: from BUTIK_URL, and from what may differ from it."""

import http.client
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from butik.serving.front_door import Tls

LOOPBACK = "127.0.0.1"
ALL_IPV4 = "0.0.0.0"  # noqa: S104 - a service that is not on this machine alone is called from outside


class BadAddress(Exception):
    """Said in the user's words."""


@dataclass(frozen=True, slots=True)
class Address:
    """`url` is what others call; `bind` and `port` are where the front door listens."""

    url: str
    bind: str
    port: int
    tls: Tls

    @property
    def site(self) -> str:
        """The Caddyfile's name of the site: Caddy needs the host only for a certificate of its own."""
        return f"https://{urlsplit(self.url).hostname}" if self.tls.listens else "http://"


def read_address(*, url: str, bind: str, port: str, tls: str, tls_key: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadAddress(f"BUTIK_URL must be an address such as https://store12.example.com, not {url!r}.")
    if port and not port.isdecimal():
        raise BadAddress(f"BUTIK_PORT must be a number, not {port!r}.")
    seen = _tls(parts.scheme, tls, tls_key)
    default = parts.port or (443 if parts.scheme == "https" else 80)
    at_home = parts.hostname in {"localhost", LOOPBACK} or (parts.scheme == "https" and not seen.listens)
    bind = bind or (LOOPBACK if at_home else _everywhere())
    return Address(url=url, bind=bind, port=int(port or default), tls=seen)


def _tls(scheme: str, choice: str, key: str) -> Tls:
    """`auto` asks a public authority, `internal` is Caddy's own, `off` leaves TLS to a server in front of us."""
    if scheme == "http":
        return Tls(listens=False, scheme="http")
    match choice:
        case "" | "auto":
            return Tls(listens=True, scheme="https")
        case "internal":
            return Tls(listens=True, scheme="https", line="tls internal")
        case "off":
            return Tls(listens=False, scheme="https")
    for name, path in (("BUTIK_TLS", choice), ("BUTIK_TLS_KEY", key)):
        if not Path(path).is_file():
            raise BadAddress(f"{name} must be auto, internal, off or a PEM file; there is no file {path!r}.")
    return Tls(listens=True, scheme="https", line=f'tls "{Path(choice).resolve()}" "{Path(key).resolve()}"')


def _everywhere() -> str:
    return "::" if socket.has_ipv6 and Path("/proc/net/if_inet6").exists() else ALL_IPV4


def answers(bind: str, port: int, path: str) -> bool:
    """Whether our own front door answers 200 on a port without TLS."""
    return _is_ok(http.client.HTTPConnection(_reachable(bind), port, timeout=2), path)


def socket_answers(path_of_socket: Path, path: str) -> bool:
    return _is_ok(_UnixConnection(path_of_socket), path)


def _is_ok(connection: http.client.HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=2)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _reachable(bind: str) -> str:
    return {ALL_IPV4: LOOPBACK, "::": "::1"}.get(bind, bind)
