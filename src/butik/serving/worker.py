"""The worker: what a service does without a request. One thread a job, so that none waits for another that hangs."""

import logging
import signal
import threading
from collections.abc import Iterable

from django.db import close_old_connections, connections

from butik.lib.storage import full_disk, is_full
from butik.organisation.installation import organisations_here
from butik.serving.commits import watch_commits
from butik.serving.jobs import ANY, Job, jobs_here

GRACE = 5.0  # seconds that jobs have to finish; an unfinished transaction is undone
LONGEST_PAUSE = 60.0

log = logging.getLogger(__name__)


class JobThread:
    """Runs its job again and again. A job that fails is logged and tried again, less and less often."""

    def __init__(self, job: Job, stopping: threading.Event) -> None:
        self.job = job
        self._work = job.load()
        self._stopping = stopping
        self._wake = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=job.name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def has_stopped(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()  # before the work: what is announced during it is seen by the next round
            self._work_once()
            if self._failures:
                self._stopping.wait(min(LONGEST_PAUSE, 2.0**self._failures))
            else:
                self._wake.wait(self.job.every)
        connections.close_all()

    def _work_once(self) -> None:
        try:
            close_old_connections()
            self._work(organisations_here())
            self._failures = 0
        except Exception as error:
            self._failures += 1
            if is_full(error):
                full_disk.tell(f"the job '{self.job.name}'", error)
            else:
                log.exception("The job '%s' failed and is tried again.", self.job.name)
            connections.close_all()


def run() -> None:
    """Work until SIGTERM or SIGINT, then let what is being done be finished."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threads = [JobThread(job, stopping) for job in jobs_here()]

    def wake(topics: Iterable[str]) -> None:
        heard = {*topics, *ANY}
        for thread in threads:
            if thread.job.wakes & heard:
                thread.wake()

    watcher = threading.Thread(target=watch_commits, args=(wake, stopping), name="commits", daemon=True)
    for thread in threads:
        thread.start()
    watcher.start()
    while not stopping.wait(3600):  # a signal handler runs between two waits of the main thread only
        pass
    for thread in threads:
        thread.wake()
    for thread in threads:
        if not thread.has_stopped(GRACE):
            log.warning("The job '%s' did not finish in time; what it had not committed is undone.", thread.job.name)
