"""A job that finds no room says so once, however often it is tried again."""

import errno
import logging
import threading
from collections.abc import Sequence
from uuid import UUID

import pytest

from butik.lib.storage import FullDisk
from butik.serving import worker
from butik.serving.jobs import Job, jobs_here
from butik.serving.worker import JobThread


def test_a_job_without_room_is_logged_once(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work(_: Sequence[UUID]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(worker, "full_disk", FullDisk())
    monkeypatch.setattr(Job, "load", lambda job: work)
    monkeypatch.setattr(worker, "connections", type("None", (), {"close_all": staticmethod(lambda: None)}))
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    job = JobThread(jobs_here()[0], threading.Event())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            job._work_once()
    assert [each.name for each in caplog.records] == ["butik.lib.storage"]
