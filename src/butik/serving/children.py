"""The Python children of a service. Each runs in a fork of the supervisor, which has loaded everything."""

import gc
import multiprocessing
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces

from butik.serving.processes import Child, die_with

# Python runs one thread at a time. A page may have to wait for a slow upload, so another can be answered meanwhile.
# SQLite has one writer, so a second process for calls would only cost; PostgreSQL answers several at once.
PAGE_THREADS = 2
CALL_PROCESSES = {"sqlite": 1, "postgresql": min(4, max(2, os.cpu_count() or 1))}

STREAMS = 4000  # connections to /live/ at a time; granian would stop at 1024 without a word


def load_everything() -> None:
    """Import what the children need before they are forked: they share its memory and start at once."""
    import_module("butik.wsgi")
    import_module("butik.serving.streams")
    import_module("butik.serving.worker")
    from django.urls import get_resolver

    from butik.serving.jobs import jobs_here

    get_resolver().url_patterns  # noqa: B018  (imports every view)
    for job in jobs_here():
        job.load()
    gc.collect()
    gc.freeze()  # the collector must not write to shared pages
    gc.enable()


def web(name: str, socket: Path, *, threads: int) -> Child:
    """`pages` for people, `calls` for machines: the same application, apart so that no page delays a sale."""

    def load() -> Callable[..., Any]:
        return _loaded("butik.wsgi", "application")

    def run() -> None:
        socket.unlink(missing_ok=True)
        _granian(socket, Interfaces.WSGI, blocking_threads=threads, blocking_threads_idle_timeout=600).serve(
            target_loader=_in_worker(load), wrap_loader=False
        )

    return Child(name, run)


def live(socket: Path) -> Child:
    def load() -> Callable[..., Any]:
        return _loaded("butik.serving.streams", "application")

    def run() -> None:
        socket.unlink(missing_ok=True)
        _granian(socket, Interfaces.ASGI, backlog=STREAMS, backpressure=STREAMS).serve(
            target_loader=_in_worker(load), wrap_loader=False
        )

    return Child("live", run)


def worker() -> Child:
    def run() -> None:
        _loaded("butik.serving.worker", "run")()

    return Child("worker", run)


def _loaded(module: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def _granian(socket: Path, interface: Interfaces, **options: Any) -> Any:
    multiprocessing.set_start_method("fork", force=True)  # granian's own worker shares our memory too
    return Granian(
        "butik",
        uds=socket,
        uds_permissions=0o600,
        interface=interface,
        http=HTTPModes.http1,
        websockets=False,
        workers=1,
        runtime_threads=1,
        workers_kill_timeout=6,
        log_enabled=False,
        **options,
    )


def _in_worker(load: Callable[[], Callable[..., Any]]) -> Callable[[], Callable[..., Any]]:
    """Granian's worker outlives a killed granian; ours asks the kernel not to."""
    parent = os.getpid()

    def guarded() -> Callable[..., Any]:
        die_with(parent)
        return load()

    return guarded
