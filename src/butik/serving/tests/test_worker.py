"""A worker's threads: none waits for another, and what is announced wakes those whom it concerns."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2

from butik.serving import worker
from butik.serving.commits import SqliteWatch
from butik.serving.jobs import JOBS, Job, jobs_here
from butik.serving.tests import work
from butik.serving.worker import JobThread

NEVER = 3600.0


@pytest.fixture(autouse=True)
def no_organisation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "organisations_here", list)
    work.calls.clear()
    work.let_go.clear()


@pytest.fixture
def stopping() -> Iterator[threading.Event]:
    stopping = threading.Event()
    yield stopping
    stopping.set()
    work.let_go.set()


def thread(name: str, stopping: threading.Event, every: float = NEVER) -> JobThread:
    started = JobThread(Job(name, "lib", f"{work.__name__}.{name}", every=every), stopping)
    started.start()
    return started


def test_a_job_runs_at_once_then_when_it_is_woken_and_stops_when_told(stopping: threading.Event) -> None:
    steady = thread("steady", stopping)
    work.wait_for("steady", 1)
    steady.wake()
    work.wait_for("steady", 2)
    stopping.set()
    steady.wake()
    assert steady.has_stopped(20)
    assert work.calls == {"steady": 2}


def test_a_job_runs_at_its_interval(stopping: threading.Event) -> None:
    thread("steady", stopping, every=0.01)
    work.wait_for("steady", 3)


def test_a_job_that_crashes_or_hangs_stops_no_other(
    stopping: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    crashing = thread("crashing", stopping)
    hanging = thread("hanging", stopping)
    work.wait_for("crashing", 1)
    work.wait_for("hanging", 1)
    steady = thread("steady", stopping, every=0.01)
    work.wait_for("steady", 5)
    assert "The job 'crashing' failed and is tried again." in caplog.text
    assert "this job is broken" in caplog.text
    stopping.set()
    assert all(each.has_stopped(20) for each in (steady, crashing))
    assert not hanging.has_stopped(0.01)


def test_the_watch_hears_what_is_committed_and_nothing_else(tmp_path: Path) -> None:
    connection: Any = dbapi2.connect(str(tmp_path / "butik.sqlite3"), isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; CREATE TABLE live_liveevent (id integer PRIMARY KEY AUTOINCREMENT, topic text);"
        "INSERT INTO live_liveevent (topic) VALUES ('before')"
    )
    watch = SqliteWatch(str(tmp_path / "butik.sqlite3"), threading.Event())
    assert list(watch.topics()) == []
    connection.execute("CREATE TABLE other (id integer)")
    assert list(watch.topics()) == []
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO live_liveevent (topic) VALUES ('import'), ('sales'), ('sales')")
    assert list(watch.topics()) == []
    connection.execute("COMMIT")
    assert set(watch.topics()) == {"import", "sales"}
    assert list(watch.topics()) == []
    connection.close()


def test_every_job_of_every_role_can_be_loaded() -> None:
    """In tests every app is there."""
    assert jobs_here() == list(JOBS)
    for job in JOBS:
        assert callable(job.load())
