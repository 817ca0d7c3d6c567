"""The front door itself, where a body finds no room: machines are told so as by the service."""

import http.client
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from butik.serving.data_folder import Sockets
from butik.serving.front_door import Tls, service_config
from butik.serving.limits import IN_MEMORY
from butik.serving.nginx import find_nginx
from butik.serving.ports import claim_port, listener_address


@pytest.fixture
def front_door(tmp_path: Path) -> Iterator[int]:
    """nginx with nothing behind it, and a spool folder in which nothing can be made."""
    nginx = find_nginx("")
    with claim_port("127.0.0.1", 0) as listener:
        (tmp_path / "spool").mkdir()
        (tmp_path / "nginx.conf").write_text(
            service_config(
                address=listener_address(listener),
                sockets=Sockets(tmp_path / "pages", (tmp_path / "calls",), tmp_path / "live"),
                package=tmp_path,
                tls=Tls("http"),
                nginx=nginx,
                apps=["pos_api"],
                spool=tmp_path / "spool",
                proxies=[],
            )
        )
        process = subprocess.Popen(  # noqa: S603
            [nginx.program, "-p", f"{tmp_path}/", "-c", "nginx.conf", "-e", "stderr"],
            env={"NGINX": f"{listener.fileno()};"},
            pass_fds=[listener.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            port = listener.getsockname()[1]
            assert ask(port, b"")[0] == 502  # it is there
            (tmp_path / "spool" / "bodies").rmdir()
            (tmp_path / "spool" / "bodies").touch()
            yield port
        finally:
            process.kill()
            process.wait()


def ask(port: int, body: bytes) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("POST", "/api/pos/v1/journal", body)
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def test_a_large_batch_that_finds_no_room_is_told_so(front_door: int) -> None:
    status, body = ask(front_door, b"x" * (4 * IN_MEMORY))
    assert (status, msgspec.json.decode(body)["type"]) == (507, "disk-full")
