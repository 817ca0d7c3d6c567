"""Listening to `/live/` as a page and a device do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.serving.service import Service


@dataclass
class Stream:
    """What was heard so far; `cursor` as a browser would keep it."""

    lines: Iterator[str]
    cursor: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)  # topic and ref

    def next(self) -> tuple[str, str]:
        """Wait for the next event. The stream is still open when it comes, so nothing holds it back on its way."""
        block: dict[str, str] = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if line:
                block[name] = value
                continue
            if block.get("event", "ping") != "ping":
                self.cursor = block.get("id", self.cursor)
                event = (block["event"], json.loads(block["data"]).get("ref", ""))
                self.heard.append(event)
                return event
            self.cursor = block.get("id", self.cursor)
            block = {}
        return ("end", "")

    def until(self, topic: str, ref: str) -> list[tuple[str, str]]:
        while self.next() != (topic, ref):
            assert self.heard[-1][0] != "end", self.heard
        return self.heard


@contextmanager
def listening(
    service: Service,
    session: str = "",
    *,
    after: str = "",
    path: str = "/live/events",
    headers: dict[str, str] | None = None,
) -> Iterator[Stream]:
    address = f"{service.url}{path}" + (f"?after={after}" if after else "")
    with (
        httpx.Client(trust_env=False, timeout=20, cookies={service.session_cookie: session}) as client,
        client.stream("GET", address, headers=headers or {}) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        lines = answer.iter_lines()
        stream = Stream(lines, after)
        for line in lines:
            if line.startswith("id: "):
                stream.cursor = line[4:]
            if not line:
                break
        yield stream
