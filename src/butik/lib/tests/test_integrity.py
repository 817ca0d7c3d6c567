"""A damaged page is noticed: each night, after a start, in the error log and on /health."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pysqlite3 import dbapi2

from butik.lib import integrity
from butik.lib.integrity import IntegrityWatch, Looked, faults_of, is_due, keep_looked, last_looked

PAGE = 4096
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "butik.sqlite3"
    with dbapi2.connect(str(path)) as made:
        made.execute("CREATE TABLE sale (id INTEGER PRIMARY KEY, document TEXT)")
        made.executemany("INSERT INTO sale (document) VALUES (?)", [("x" * 900,) for _ in range(200)])
    made.close()
    return path


def damage(path: Path, page: int) -> None:
    content = bytearray(path.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)


def test_a_whole_file_has_no_fault_and_each_damaged_page_is_one(database: Path) -> None:
    assert faults_of(database) == []
    pages = database.stat().st_size // PAGE
    whole = database.read_bytes()
    for page in range(pages):
        database.write_bytes(whole)
        damage(database, page)
        assert faults_of(database), page


def test_an_empty_or_missing_file_is_a_fault_or_an_error_and_never_a_new_one(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()


def test_it_is_due_after_a_start_each_night_and_when_nights_were_missed() -> None:
    night = datetime(2026, 11, 28, 2, 30, tzinfo=UTC)  # half past three in Denmark
    assert is_due(NOON, None)
    assert not is_due(NOON + timedelta(hours=8), NOON)
    assert is_due(night + timedelta(hours=24), night)
    assert not is_due(night + timedelta(minutes=30), night)
    assert not is_due(night, NOON)  # fourteen hours ago
    assert is_due(NOON + timedelta(hours=36), NOON)
    assert is_due(NOON - timedelta(days=1), NOON)  # the clock was put back


def test_damage_stands_in_the_error_log_and_on_health_until_the_file_is_whole(
    database: Path,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    db: None,
) -> None:
    settings.BUTIK_DATA = tmp_path
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(database))
    monkeypatch.setattr(connection, "vendor", "sqlite")
    whole = database.read_bytes()
    damage(database, 3)
    with caplog.at_level(logging.ERROR):
        IntegrityWatch()([])
    assert "damaged" in caplog.text
    answer = Client().get("/health")
    assert (answer.status_code, answer.json()["database"]) == (200, "damaged")
    database.write_bytes(whole)
    IntegrityWatch()([])
    assert Client().get("/health").json()["database"] == "ok"


def test_what_cannot_be_read_says_nothing(settings: Any, tmp_path: Path) -> None:
    settings.BUTIK_DATA = tmp_path
    assert last_looked() is None
    (tmp_path / integrity.FILE).write_bytes(b"{")
    assert last_looked() is None
    keep_looked(Looked(NOON, ["page 3"]))
    assert last_looked() == Looked(NOON, ["page 3"])
