"""Jobs for `test_worker.py`: each notes that it was called."""

import threading
from collections.abc import Sequence
from uuid import UUID

calls: dict[str, int] = {}
called = threading.Condition()
let_go = threading.Event()


def _note(name: str) -> None:
    with called:
        calls[name] = calls.get(name, 0) + 1
        called.notify_all()


def steady(organisations: Sequence[UUID]) -> None:
    _note("steady")


def crashing(organisations: Sequence[UUID]) -> None:
    _note("crashing")
    raise RuntimeError("this job is broken")


def hanging(organisations: Sequence[UUID]) -> None:
    _note("hanging")
    let_go.wait(60)


def wait_for(name: str, times: int) -> None:
    with called:
        assert called.wait_for(lambda: calls.get(name, 0) >= times, timeout=20), calls
