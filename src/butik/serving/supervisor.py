"""Starts children, starts them again when they die, and stops them all."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from butik.serving.processes import Child, fork, signal_groups

STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WATCHED = STOPS | {signal.SIGCHLD}
GRACE = 8.0  # seconds that a child has to finish what it is doing
READY_WITHIN = 60.0
STEADY = 30.0  # a child that lived longer is started again at once
LONGEST_PAUSE = 5.0


@dataclass(slots=True)
class _Place:
    """A child's place: the process in it, or when the next one may start."""

    child: Child
    pid: int = 0
    started: float = 0.0
    due: float = 0.0
    pause: float = 0.0


class Supervisor:
    """Single-threaded, so that it may fork at any time. Signals are blocked and fetched one by one."""

    def __init__(self, children: Sequence[Child], *, is_ready: Callable[[], bool], when_ready: str) -> None:
        self._places = [_Place(child) for child in children]
        self._is_ready = is_ready
        self._when_ready = when_ready
        self._ready = False

    def run(self) -> int:
        """Return the exit code: 0 after a stop that was asked for, 1 when a child died before all were ready."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        try:
            return self._watch()
        finally:
            self._stop()

    def _watch(self) -> int:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            for place in self._places:
                if not place.pid and place.due <= time.monotonic():
                    place.pid, place.started = fork(place.child), time.monotonic()
            received = signal.sigtimedwait(WATCHED, 0.25 if self._ready else 0.05)
            if received and received.si_signo in STOPS:
                return 0
            dead = self._reap()
            if self._ready:
                continue
            if dead or time.monotonic() > deadline:
                say(f"{dead[0]} ended before it was ready" if dead else "the service does not answer")
                return 1
            if self._is_ready():
                self._ready = True
                print(self._when_ready, flush=True)  # noqa: T201

    def _reap(self) -> list[str]:
        dead = []
        for place in self._places:
            if place.pid and _has_ended(place.pid):
                signal_groups([place.pid], signal.SIGKILL)  # what it started itself
                dead.append(place.child.name)
                self._schedule(place)
        return dead

    def _schedule(self, place: _Place) -> None:
        now = time.monotonic()
        steady = now - place.started > STEADY
        place.pause = 0.0 if steady else min(LONGEST_PAUSE, place.pause * 2 + 0.1)
        place.pid, place.due = 0, now + place.pause
        if self._ready:
            say(f"{place.child.name} ended unexpectedly and is started again")

    def _stop(self) -> None:
        """Ask all, wait for all, kill what is left of their groups."""
        running = [place.pid for place in self._places if place.pid]
        groups = list(running)
        signal_groups(groups, signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while running and time.monotonic() < deadline:
            running = [pid for pid in running if not _has_ended(pid)]
            if running:
                signal.sigtimedwait({signal.SIGCHLD}, 0.05)
        signal_groups(groups, signal.SIGKILL)
        for pid in running:
            os.waitpid(pid, 0)


def _has_ended(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] == pid


def say(sentence: str) -> None:
    """A line for whoever reads the log; without Django's logging, whose handlers may start threads."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"{moment} butik: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
