"""A small HTTP proxy that spoils what goes through it: cut before or after the request, held up, sent twice."""

import random
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from tests.support.ports import LOOPBACK, free_port


@dataclass
class BadLine:
    target_port: int
    seed: int = 0
    port: int = field(default_factory=free_port)
    is_bad: bool = False
    spoilt: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._listener = socket.create_server((LOOPBACK, self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            while request := read_message(caller):
                fate = self._fate()
                if fate == "cut before":
                    return
                if fate == "late":
                    # its caller has gone by then; the chain gets it all the same, out of order
                    threading.Timer(self._random.random() * 3, self._forward, [request]).start()
                    return
                answer = self._forward(request)
                if fate == "twice":
                    answer = self._forward(request)
                if fate == "cut after" or not answer:
                    return
                caller.sendall(answer)

    def _fate(self) -> str:
        if not self.is_bad:
            return "through"
        fate = self._random.choice(["through"] * 4 + ["twice"] * 2 + ["late", "cut before", "cut after"])
        self.spoilt[fate] = self.spoilt.get(fate, 0) + 1
        return fate

    def _forward(self, request: bytes) -> bytes:
        with suppress(OSError), socket.create_connection((LOOPBACK, self.target_port), 5) as chain:
            chain.settimeout(20)
            chain.sendall(request)
            return read_message(chain)
        return b""


def read_message(line: socket.socket) -> bytes:
    """One request or answer, whole; empty when the other side has hung up."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = line.recv(65536)
        if not chunk:
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length, is_chunked = 0, False
    for header in head.split(b"\r\n")[1:]:
        name, _, value = header.partition(b":")
        if name.strip().lower() == b"content-length":
            length = int(value)
        if name.strip().lower() == b"transfer-encoding":
            is_chunked = True
    while len(body) < length or (is_chunked and not body.endswith(b"0\r\n\r\n")):
        chunk = line.recv(65536)
        if not chunk:
            return b""
        body += chunk
    return head + b"\r\n\r\n" + body
