"""What keeps a service up, and what brings all of it down."""

import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from butik.serving.limits import LARGE
from tests.serving.callers import assert_callers_are_told_apart
from tests.serving.service import BUTIK, Service, family, left_over, make_service, named
from tests.support.ports import is_port_free
from tests.support.processes import Child

CHILDREN = {
    "pages": "butik pages",
    "calls": "butik calls",
    "live": "butik live",
    "worker": "butik worker",
    "front door": "nginx",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return make_service(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def running(service: Service) -> Iterator[Child]:
    with service.running() as child:
        yield child


def refused(service: Service, *options: str) -> str:
    answer = subprocess.run(
        [BUTIK, "serve", *options], env=service.environment, capture_output=True, text=True, timeout=60
    )
    assert answer.returncode == 2
    return answer.stderr


def test_it_founds_itself_when_told_to_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither when it is told to stop nor when it is killed, and the folder can be used again at once."""
    service = make_service(tmp_path)
    with service.running() as child:
        assert httpx.get(f"{service.url}/health", trust_env=False).json()["database"] == "ok"
        everyone = family(child)
        assert {each.name() for each in everyone} >= set(CHILDREN.values())
        everyone[0].kill()
        assert left_over(everyone) == []
    with service.running() as child:
        _until(lambda: f"store service ready at {service.url}" in child.tail())
        everyone = family(child)
        child.process.send_signal(signal.SIGTERM)
        assert child.process.wait(10) == 0
        assert left_over(everyone) == []
    assert is_port_free(service.port)


def test_a_child_that_was_killed_is_started_again(service: Service, running: Child) -> None:
    for name, process_name in CHILDREN.items():
        [uppermost, *below] = named(running, process_name)
        uppermost.kill()
        assert left_over([uppermost, *below]) == []
        _until(lambda process_name=process_name: bool(named(running, process_name)))
        service.wait(running)
        assert f"{name} ended unexpectedly and is started again" in running.tail()


def test_granians_own_worker_may_be_killed_too(service: Service, running: Child) -> None:
    named(running, "butik calls")[-1].kill()
    _until(lambda: "calls ended unexpectedly" in running.tail())
    service.wait(running)


def test_a_slow_caller_holds_up_nobody(service: Service, running: Child) -> None:
    """There is one thread for calls: the front door reads a body to its end before it bothers it."""
    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        slow.sendall(b"POST /api/pos/v1/enrol HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n{")
        for _ in range(3):
            assert httpx.get(f"{service.url}/api/pos/v1/time", trust_env=False, timeout=5).status_code == 200


def test_a_body_is_as_long_as_its_address_allows(service: Service, running: Child) -> None:
    def answer(path: str, size: int) -> tuple[int, str]:
        said = httpx.post(f"{service.url}{path}", content=b"0" * size, trust_env=False)
        return said.status_code, said.headers["Content-Type"]

    typed = "application/problem+json"
    assert answer("/api/pos/v1/enrol", 300_000) == (413, typed)
    assert answer("/api/vault/v1/backups", 300_000) == (413, typed)  # no store takes backups
    assert answer("/api/pos/v1/journal", 300_000) == (401, typed)
    assert answer("/api/pos/v1/journal", 9_000_000) == (413, typed)
    assert answer("/accounts/login/", 300_000)[0] == 413


def test_one_address_holds_few_slow_bodies_and_none_beside_the_data(service: Service, running: Child) -> None:
    """Without a word from whoever is refused: the others are heard meanwhile. This machine is counted at no address
    but 127.0.0.1's, where a proxy would stand."""
    each = next(place for place in LARGE if place.match == "= /api/pos/v1/journal").each
    head = b"POST /api/pos/v1/journal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n"
    with ExitStack() as stack:
        slow = []
        for _ in range(each + 3):
            line = socket.create_connection(("127.0.0.1", service.port), source_address=("127.0.0.7", 0))
            slow.append(stack.enter_context(line))
            line.sendall(head + b"0" * 100_000)
        refused: set[socket.socket] = set()
        while len(refused) < 3:
            ready, _, _ = select.select([line for line in slow if line not in refused], [], [], 20)
            assert ready, "more than the allowed number is held"
            for line in ready:
                assert line.recv(100).startswith(b"HTTP/1.1 429")
                refused.add(line)
        [door] = named(running, "nginx")
        open_files = {str(each.readlink()) for each in Path(f"/proc/{door.pid}/fd").iterdir()}
        waiting = {name for name in open_files if "/bodies/" in name}
        assert waiting
        assert all(name.startswith(str(service.data.parent / "spool")) for name in waiting)
        assert not any(name.startswith(str(service.data)) for name in waiting)
        assert httpx.get(f"{service.url}/api/pos/v1/time", trust_env=False, timeout=10).status_code == 200


def test_a_caller_is_who_calls_whatever_he_says(service: Service, running: Child) -> None:
    assert_callers_are_told_apart(service.url)


def test_our_own_files_come_from_the_front_door(service: Service, running: Child) -> None:
    found = httpx.get(f"{service.url}/static/pages/live.js", trust_env=False)
    assert found.status_code == 200
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in found.headers["Cache-Control"]
    assert httpx.get(f"{service.url}/static/../settings.py", trust_env=False).status_code == 404
    assert httpx.get(f"{service.url}/static/%2e%2e/settings.py", trust_env=False).status_code == 404


def test_a_taken_port_is_named_with_who_holds_it(tmp_path: Path) -> None:
    service = make_service(tmp_path)
    with socket.socket() as holder:
        # as granian binds: a port that others could share, and would without noticing
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", service.port))
        holder.listen()
        said = refused(service, "--new")
    assert f"Port {service.port} is taken by '{psutil.Process().name()}' (process {psutil.Process().pid})" in said
    assert "BUTIK_PORT" in said


def test_two_services_on_one_folder_are_refused(service: Service, running: Child) -> None:
    second = make_service(service.data.parent)
    assert "Another butik serve already runs on the data folder" in refused(second)


def test_a_wrong_setting_is_said_in_a_sentence(tmp_path: Path) -> None:
    assert "BUTIK_PORT must be a number" in refused(make_service(tmp_path, BUTIK_PORT="http"))


def _until(true: object) -> None:
    deadline = time.monotonic() + 20
    assert callable(true)
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
