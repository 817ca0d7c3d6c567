"""The handler never makes anybody wait, never repeats itself, and survives a database that fails."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http.request import UnreadablePostError
from tests.support.cast import Cast

from butik.error_log import actions, problems
from butik.error_log.handler import MOST_WAITING, ErrorLogHandler
from butik.error_log.models import ErrorEntry
from butik.error_log.problems import MESSAGE, Seen, read_record
from butik.organisation.tenancy import tenant_scope


@pytest.fixture
def handler() -> ErrorLogHandler:
    return ErrorLogHandler(writes=False)


@pytest.fixture
def logger(handler: ErrorLogHandler) -> Iterator[logging.Logger]:
    logger = logging.getLogger("butik.test_of_error_log")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger
    logger.removeHandler(handler)


def entries(cast: Cast) -> list[ErrorEntry]:
    with tenant_scope([cast.organisation_id]):
        return list(ErrorEntry.objects.filter(organisation_id=cast.organisation_id).order_by("pk"))


def test_a_warning_becomes_an_entry_of_this_store(cast: Cast, handler: ErrorLogHandler, logger: logging.Logger) -> None:
    logger.warning("The fridge of POS %s is open", 3)
    assert handler.write_waiting()
    (entry,) = entries(cast)
    assert (entry.message, entry.level, entry.count) == ("The fridge of POS 3 is open", "WARNING", 1)
    assert entry.store_id == cast.store.pk


def test_the_same_problem_is_counted_not_repeated(cast: Cast, handler: ErrorLogHandler, logger: logging.Logger) -> None:
    for number in range(1000):
        logger.error("Device %s is %d s off", "abc", number)
    handler.write_waiting()
    logger.error("Device %s is %d s off", "abc", 7)
    handler.write_waiting()
    (entry,) = entries(cast)
    assert entry.count == 1001
    assert entry.message == "Device abc is 7 s off"


def test_an_exception_brings_its_traceback_without_secrets(
    cast: Cast, handler: ErrorLogHandler, logger: logging.Logger
) -> None:
    try:
        raise ValueError("pin=2580 is wrong")
    except ValueError:
        logger.exception("Could not sign in")
    handler.write_waiting()
    (entry,) = entries(cast)
    assert "Traceback" in entry.detail
    assert "ValueError" in entry.detail
    assert "2580" not in entry.detail


def test_different_problems_are_different_entries(cast: Cast, handler: ErrorLogHandler, logger: logging.Logger) -> None:
    logger.warning("The door is open")
    logger.warning("The fridge is open")
    handler.write_waiting()
    assert len(entries(cast)) == 2


def test_a_failing_database_delays_and_loses_nothing(
    cast: Cast, handler: ErrorLogHandler, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        logger.error("This very failure must not come back here")
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(actions, "keep", fail)
        logger.error("First")
        assert not handler.write_waiting()
        logger.error("First")
        assert not handler.write_waiting()
    assert handler.write_waiting()
    assert [(entry.message, entry.count) for entry in entries(cast)] == [("First", 2)]


def test_memory_is_bounded(handler: ErrorLogHandler, logger: logging.Logger) -> None:
    for number in range(MOST_WAITING + 100):
        logger.error("x" * (number + 1))
    assert len(handler._waiting) == MOST_WAITING


def test_a_record_that_cannot_be_read_disturbs_nobody(
    handler: ErrorLogHandler, capsys: pytest.CaptureFixture[str]
) -> None:
    handler.handle(logging.LogRecord("butik", logging.ERROR, __file__, 1, "%d apples", ("three",), None))
    assert handler._waiting == {}
    assert "Logging error" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "level", "error"),
    [
        ("django.request", logging.WARNING, None),
        ("django.security.csrf", logging.WARNING, None),
        ("django.security.DisallowedHost", logging.ERROR, DisallowedHost("x")),
        ("django.security.SuspiciousFileOperation", logging.ERROR, None),
        ("django.request", logging.ERROR, UnreadablePostError("the line broke")),
        ("django.request", logging.ERROR, BrokenPipeError()),
        ("django.server", logging.ERROR, ConnectionResetError()),
    ],
)
def test_what_anybody_can_cause_a_million_times_is_not_kept(
    handler: ErrorLogHandler, source: str, level: int, error: Exception | None
) -> None:
    about = (type(error), error, None) if error else None
    handler.handle(logging.LogRecord(source, level, __file__, 1, "Mind this, manager: /x", None, about))
    assert handler._waiting == {}


def test_whoever_logs_does_not_wait_for_the_redaction(
    handler: ErrorLogHandler, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done by the thread that writes, and of what a stranger made long only the ends are kept until then."""
    looked: list[str] = []

    def look(text: str) -> str:
        looked.append(text)
        return text

    monkeypatch.setattr(problems, "redact", look)
    logger.error("GET %s failed: pin=2580", "/api/" + "1" * 1_000_000)
    assert looked == []
    (seen,) = handler._waiting.values()
    assert len(seen.message) <= 2 * MESSAGE + 3
    kept: list[Seen] = []
    monkeypatch.setattr(actions, "keep", lambda batch, **_: kept.extend(batch))
    handler.write_waiting()
    assert looked == [seen.message, seen.detail]
    assert "GET" in kept[0].message


def test_whoever_logs_does_not_wait_for_the_database(
    handler: ErrorLogHandler, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write is stuck for as long as this test likes; logging goes on."""
    stuck, let_go = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> None:
        stuck.set()
        let_go.wait(10)

    monkeypatch.setattr(actions, "keep", hang)
    logger.error("First")
    writer = threading.Thread(target=handler.write_waiting)
    writer.start()
    assert stuck.wait(10)
    logger.error("Second")  # would never return if it waited
    assert len(handler._waiting) == 1
    let_go.set()
    writer.join()


def test_the_thread_writes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    written = threading.Event()
    monkeypatch.setattr(actions, "keep", lambda *_, **__: written.set())
    monkeypatch.setattr("butik.error_log.handler.PAUSE", 0.01)
    monkeypatch.setattr("butik.error_log.handler._close_connection", lambda: None)
    handler = ErrorLogHandler()
    handler.handle(logging.LogRecord("butik", logging.ERROR, __file__, 1, "Anything", None, None))
    assert written.wait(10)


def test_a_place_may_be_named(cast: Cast, handler: ErrorLogHandler, logger: logging.Logger) -> None:
    other = cast.stranger.store
    logger.error("Theirs", extra={"organisation_id": other.organisation_id, "store_id": other.pk})
    handler.write_waiting()
    assert entries(cast) == []
    with tenant_scope([other.organisation_id]):
        assert ErrorEntry.objects.get(organisation_id=other.organisation_id).store_id == other.pk


def test_the_moment_is_the_records() -> None:
    record = logging.LogRecord("butik", logging.ERROR, __file__, 1, "Anything", None, None)
    assert abs(read_record(record).latest_at.timestamp() - time.time()) < 60
