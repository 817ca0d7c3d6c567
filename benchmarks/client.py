"""A keep-alive HTTP load client in a process of its own: requests are bytes that were made (and signed) before.

One thread and an epoll loop: every connection sends its next request when the last was answered. Prints latencies in
seconds. `run_load` is for the benchmark; the rest runs in the child.
"""

import pickle
import select
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Load:
    """Latencies in seconds over all connections, answers that were not `expected`, and how long it took."""

    latencies: list[float] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds


def run_load(port: int, connections: list[list[bytes]], *, expect: bytes = b"", host: str = "127.0.0.1") -> Load:
    """Send each connection's requests one after another; an answer counts when it is 2xx and holds `expect`."""
    with tempfile.TemporaryDirectory(prefix="butik-load-") as folder:
        plan, outcome = Path(folder) / "plan", Path(folder) / "outcome"
        plan.write_bytes(pickle.dumps((host, port, connections, expect)))
        subprocess.run([sys.executable, "-m", "benchmarks.client", plan, outcome], check=True)
        return Load(*pickle.loads(outcome.read_bytes()))  # noqa: S301 - our own child wrote it


def request(method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """The bytes of one request."""
    named = [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *named]
    if method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Connection:
    def __init__(self, host: str, port: int, requests: list[bytes]) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.next = 0
        self.started = 0.0
        self.buffer = b""

    def send(self) -> bool:
        """Send the next request; False when there is none."""
        if self.next >= len(self.requests):
            return False
        data = self.requests[self.next]
        self.next += 1
        self.buffer = b""
        self.started = time.perf_counter()
        self.socket.sendall(data)
        return True

    def receive(self) -> bytes | None:
        """The whole answer, or None while it is still coming."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("the service closed a connection")
        self.buffer += data
        head, gap, rest = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return None
        lowered = head.lower()
        if b"transfer-encoding: chunked" in lowered:
            return self.buffer if rest.endswith(b"0\r\n\r\n") else None
        place = lowered.find(b"content-length:")
        length = int(lowered[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        return self.buffer if len(rest) >= length else None


def _drive(host: str, port: int, requests: list[list[bytes]], expect: bytes) -> Load:
    load = Load()
    connections = [_Connection(host, port, each) for each in requests]
    by_file = {each.socket.fileno(): each for each in connections}
    poll = select.epoll()
    for number in by_file:
        poll.register(number, select.EPOLLIN)
    begun = time.perf_counter()
    busy = sum(each.send() for each in connections)
    while busy:
        for number, _ in poll.poll(60):
            connection = by_file[number]
            answer = connection.receive()
            if answer is None:
                continue
            load.latencies.append(time.perf_counter() - connection.started)
            if not (answer.startswith(b"HTTP/1.1 2") and expect in answer):
                load.failures.append(answer[:2000])
            if not connection.send():
                busy -= 1
    load.seconds = time.perf_counter() - begun
    return load


if __name__ == "__main__":
    _host, _port, _requests, _expect = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - written by run_load
    _load = _drive(_host, _port, _requests, _expect)
    Path(sys.argv[2]).write_bytes(pickle.dumps((_load.latencies, _load.failures, _load.seconds)))
