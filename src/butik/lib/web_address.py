"""Addresses that a person sets: what cannot work is refused in words, what can be meant in one way is written in it.

A browser names an origin in one form only: small letters, no port that goes without saying, no end of a path. The
cookies, the list of hosts and the origins that may call are compared with that form, so every address is brought to it.
"""

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253


class BadWebAddress(ValueError):
    """What is wrong with an address, as the rest of a sentence that begins with its name."""


def read_origin(said: str) -> str:
    """`said` as a browser writes it: https://store12.example.com, http://localhost:8010, http://[::1]:8010."""
    parts = _split(said)
    if parts.scheme not in DEFAULT_PORTS:
        raise BadWebAddress("must begin with https:// (or http://)")
    if "@" in parts.netloc:
        raise BadWebAddress("must not name a user or a password")
    if parts.path not in {"", "/"}:
        raise BadWebAddress(f"must end with the host: a service has a host name of its own, no folder {parts.path!r}")
    if parts.query or parts.fragment or said.endswith(("?", "#")):
        raise BadWebAddress("must have nothing behind the host: no ? and no #")
    host, port = read_host(parts.hostname or ""), read_port(parts)
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + ("" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}")


def _split(said: str) -> SplitResult:
    if re.search(r"[\s\x00-\x1f\x7f\\]", said):
        raise BadWebAddress("must have no spaces, line breaks or backslashes in it")
    try:
        parts = urlsplit(said)
        if "[" not in parts.netloc or ":" in (parts.hostname or ""):
            return parts
    except ValueError:
        pass
    raise BadWebAddress("is no address: only an IPv6 number stands in brackets, as in http://[::1]:8010")


def read_port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise BadWebAddress("must have a port from 1 to 65535, or none")
    return port


def read_host(host: str) -> str:
    """A name as it stands in DNS, or a number of the Internet protocol."""
    if ":" in host:
        return _ipv6(host)
    if not host:
        raise BadWebAddress("must name a host, as in https://store12.example.com")
    if not host.isascii():
        raise BadWebAddress(f"must name the host as it stands in DNS (xn--…), not {host!r}")
    if host.endswith("."):
        raise BadWebAddress("must name the host without a dot at its end")
    labels = host.split(".")
    if len(host) > LONGEST_HOST or not all(LABEL.fullmatch(each) for each in labels):
        raise BadWebAddress(f"names no host: {host!r} has letters that no host name has")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", labels[-1]):
        return _ipv4(host)
    return host


def _ipv4(host: str) -> str:
    try:
        found = ip_address(host)
    except ValueError as error:
        raise BadWebAddress(f"names no host: {host!r} is neither a name nor four numbers") from error
    if found.is_unspecified:
        raise BadWebAddress(f"must be an address that others can call; {host} is where to listen (BUTIK_BIND)")
    return str(found)


def _ipv6(host: str) -> str:
    try:
        found = IPv6Address(host)
    except ValueError as error:
        raise BadWebAddress(f"names no host: [{host}] is no IPv6 number") from error
    if found.scope_id:
        raise BadWebAddress("must not name a network card (%)")
    if found.is_unspecified:
        raise BadWebAddress("must be an address that others can call; [::] is where to listen (BUTIK_BIND)")
    return found.compressed
