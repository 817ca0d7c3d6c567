"""A full disk is said on people's pages as what it is, and is logged once and not once a page."""

import errno
import logging

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client

from butik.lib.storage import FullDisk

FULL = [OSError(errno.ENOSPC, "No space left on device"), OperationalError("database or disk is full")]


@pytest.mark.parametrize("error", FULL, ids=["file system", "database"])
def test_a_page_that_finds_no_room_says_so(
    error: Exception, db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(session: SessionStore) -> None:
        raise error

    monkeypatch.setattr("butik.refusals.full_disk", FullDisk())
    monkeypatch.setattr(SessionStore, "load", refuse)
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    with caplog.at_level(logging.ERROR):
        for language, said in {"en": "disk is full", "da": "disk er fuld"}.items():
            answer = client.get("/errors/", headers={"Accept-Language": language})
            assert (answer.status_code, said in answer.content.decode()) == (507, True)
    assert [each.name for each in caplog.records if each.levelno >= logging.ERROR] == ["butik.lib.storage"]


def test_another_failure_is_no_full_disk(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(session: SessionStore) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(SessionStore, "load", refuse)
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert client.get("/errors/").status_code == 500
