"""From settings to where the front door listens."""

import socket
from pathlib import Path

import pytest

from butik.serving.address import ALL_IPV4, BadAddress, read_address, read_proxies
from butik.serving.data_folder import LONGEST_SOCKET, FolderInUse, lock_folder, make_sockets
from butik.serving.front_door import Tls, listen
from butik.serving.nginx import Nginx, find_nginx
from butik.serving.ports import PortTaken, claim_port
from butik.serving.pos_app import site_config

PEM = {"tls": __file__, "tls_key": __file__}


def address(url: str, **values: str):  # type: ignore[no-untyped-def]
    return read_address(url=url, **({"bind": "", "port": "", "tls": "", "tls_key": ""} | values))


@pytest.mark.parametrize(
    ("url", "settings", "bind", "port", "listens", "scheme"),
    [
        ("http://localhost:8010", {}, "127.0.0.1", 8010, False, "http"),
        ("http://localhost:8010", {"bind": "192.0.2.1", "port": "80"}, "192.0.2.1", 80, False, "http"),
        ("https://store.example.com", {"tls": "off", "port": "8010"}, "127.0.0.1", 8010, False, "https"),
        ("https://store.example.com", PEM | {"bind": "::1"}, "::1", 443, True, "https"),
        ("https://store.example.com:8443", PEM | {"bind": "::1"}, "::1", 8443, True, "https"),
    ],
)
def test_the_address_says_where_to_listen(
    url: str, settings: dict[str, str], bind: str, port: int, listens: bool, scheme: str
) -> None:
    found = address(url, **settings)
    assert (found.bind, found.port, bool(found.tls.certificate), found.tls.scheme) == (bind, port, listens, scheme)


def test_a_service_with_a_name_is_called_from_outside() -> None:
    assert address("http://store12").bind in {"::", ALL_IPV4}


@pytest.mark.parametrize(
    ("url", "settings", "said"),
    [
        ("store.example.com", {}, "BUTIK_URL"),
        ("ftp://x", {}, "BUTIK_URL"),
        ("http://localhost", {"port": "x"}, "BUTIK_PORT"),
        ("https://x.example", {}, "BUTIK_TLS must name"),
        ("https://x.example", {"tls": "/no/such.pem"}, "BUTIK_TLS must name"),
        ("https://x.example", {"tls": __file__, "tls_key": "/no/such.key"}, "BUTIK_TLS_KEY"),
    ],
)
def test_a_wrong_setting_is_named(url: str, settings: dict[str, str], said: str) -> None:
    with pytest.raises(BadAddress, match=said):
        address(url, **settings)


@pytest.mark.parametrize(
    ("said", "tls", "believed"),
    [
        ("", "", []),
        ("", "off", ["127.0.0.1", "::1"]),
        ("10.0.0.5, 192.168.1.0/24", "off", ["10.0.0.5", "192.168.1.0/24"]),
        ("2001:db8::/32", "/tls.pem", ["2001:db8::/32"]),
    ],
)
def test_only_a_proxy_that_was_named_says_where_callers_are(said: str, tls: str, believed: list[str]) -> None:
    assert read_proxies(said, tls=tls) == believed


@pytest.mark.parametrize("said", ["proxy.example.com", "10.0.0.5/24", "10.0.0.5;}", "$remote_addr", "all"])
def test_what_is_no_address_of_a_proxy_is_refused(said: str) -> None:
    with pytest.raises(BadAddress, match="BUTIK_PROXIES must be addresses"):
        read_proxies(said, tls="off")


def test_the_pos_app_loads_code_from_its_own_host_only(tmp_path: Path) -> None:
    config = site_config(address="127.0.0.1:8000", files=tmp_path)
    assert "script-src 'self';" in config
    assert "unsafe" not in config
    assert "frame-ancestors 'none'" in config


def test_another_nginx_may_be_named_and_must_exist() -> None:
    with pytest.raises(FileNotFoundError, match="BUTIK_NGINX"):
        find_nginx("no-such-nginx")
    with pytest.raises(FileNotFoundError, match="is no nginx that takes a port"):
        find_nginx("sh")


def test_the_distributions_nginx_comes_first_and_the_wheel_is_for_a_demo(tmp_path: Path) -> None:
    def program(name: str, script: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    wheel = find_nginx("", distributions=())
    broken = program("broken", "kill -SEGV $$")  # as 1.22 ends when a port is lent to it
    good = program("good", f'exec "{wheel.program}" "$@"')
    found = find_nginx("", distributions=(broken, str(tmp_path / "none"), good))
    assert (found.program, found.is_wheel, found.version) == (good, False, wheel.version)
    assert found.warning("::") == ""
    assert find_nginx("", distributions=(broken,)) == wheel
    assert find_nginx(wheel.program).is_wheel
    assert "Use your distribution's nginx" in wheel.warning("::")
    assert wheel.warning("127.0.0.1") == ""  # a demo, or another server in front has the port that others reach


def test_an_older_nginx_is_told_of_http2_in_its_own_words() -> None:
    tls = Tls("https", "/c.pem", "/k.pem")
    assert "listen 1.2.3.4:443 ssl http2;" in listen("1.2.3.4:443", tls, Nginx("n", (1, 22, 1), is_wheel=False))
    assert "http2 on;" in listen("1.2.3.4:443", tls, Nginx("n", (1, 25, 1), is_wheel=False))


def test_a_long_path_has_its_sockets_elsewhere(tmp_path: Path) -> None:
    short, long = tmp_path / "s", tmp_path / ("x" * 100)
    for folder in (short, long):
        folder.mkdir()
        sockets = make_sockets(folder)
        assert len(str(sockets.pages)) <= LONGEST_SOCKET
        assert make_sockets(folder) == sockets
        assert sockets.pages.parent.stat().st_mode & 0o077 == 0
    make_sockets(long).pages.parent.rmdir()


def test_one_service_has_a_folder(tmp_path: Path) -> None:
    lock_folder(tmp_path)
    with pytest.raises(FolderInUse, match="Another butik serve"):
        lock_folder(tmp_path, patience=0)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderInUse, match="cannot be used"):
        lock_folder(tmp_path / "file" / "data")


def test_a_port_is_had_by_one_alone() -> None:
    with claim_port("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} is taken by"):
            claim_port("127.0.0.1", port, patience=0)
        with socket.socket() as sharing, pytest.raises(OSError, match="in use"):  # noqa: PT012
            sharing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sharing.bind(("127.0.0.1", port))
