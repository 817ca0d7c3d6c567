"""Where a service listens and how it is seen: from BUTIK_URL, and from what may differ from it."""

import http.client
import socket
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from butik.lib.web_address import BadWebAddress, read_origin
from butik.serving.front_door import Tls

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
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


def read_address(*, url: str, bind: str, port: str, tls: str, tls_key: str) -> Address:
    try:
        url = read_origin(url)
    except BadWebAddress as error:
        raise BadAddress(f"BUTIK_URL {error}; it is {url!r}.") from None
    parts = urlsplit(url)
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise BadAddress(f"BUTIK_PORT must be a number from 1 to 65535, not {port!r}.")
    seen = _tls(parts.scheme, tls, tls_key)
    default = parts.port or (443 if parts.scheme == "https" else 80)
    at_home = parts.hostname in {"localhost", LOOPBACK, LOOPBACK_6} or (
        parts.scheme == "https" and not seen.certificate
    )
    home = LOOPBACK_6 if parts.hostname == LOOPBACK_6 else LOOPBACK
    bind = _read_bind(bind) if bind else home if at_home else _everywhere()
    return Address(url=url, bind=bind, port=int(port or default), tls=seen)


def _read_bind(said: str) -> str:
    try:
        return str(ip_address(said.removeprefix("[").removesuffix("]")))
    except ValueError:
        pass
    if said == "localhost":
        return LOOPBACK
    raise BadAddress(f"BUTIK_BIND must be an address of this machine such as 192.0.2.10, not {said!r}.")


def read_proxies(said: str, *, tls: str) -> list[str]:
    """Whose word on a caller's address is believed. A server on this machine that has our certificate: by itself."""
    listed = [each.strip() for each in said.split(",") if each.strip()]
    for each in listed:
        try:
            ip_network(each)
        except ValueError as error:
            raise BadAddress(f"BUTIK_PROXIES must be addresses or networks such as 10.0.0.5, not {each!r}.") from error
    return listed or ([LOOPBACK, "::1"] if tls == "off" else [])


def _tls(scheme: str, certificate: str, key: str) -> Tls:
    """`off` leaves TLS to a server in front of us."""
    if scheme == "http":
        return Tls("http")
    if certificate == "off":
        return Tls("https")
    for name, path in (("BUTIK_TLS", certificate), ("BUTIK_TLS_KEY", key)):
        if not Path(path).is_file():
            raise BadAddress(
                f"For an https address {name} must name a PEM file; there is no file {path!r}."
                " (BUTIK_TLS=off when a server in front of this one has the certificate.)"
            )
    return Tls("https", str(Path(certificate).resolve()), str(Path(key).resolve()))


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
