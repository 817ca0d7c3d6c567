"""The SQLite backend: every write passes the gate once, and leaves it whatever happens."""

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connections, transaction
from pysqlite3 import dbapi2

from butik.lib.gate import WriteGate, gate_for
from butik.settings import database

ALIAS = "gated"


@pytest.fixture
def file(tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    """A database file of its own, under an alias of its own."""
    connections.settings[ALIAS] = connections.configure_settings({"default": database("", tmp_path)})["default"]
    with django_db_blocker.unblock():
        with pytest.raises(OperationalError, match="unable to open"):  # nobody makes a database by looking for it
            connections[ALIAS].ensure_connection()
        (tmp_path / "butik.sqlite3").touch()
        write("CREATE TABLE t (id integer PRIMARY KEY, text text UNIQUE)")
        yield tmp_path / "butik.sqlite3"
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.settings[ALIAS]


def gate() -> WriteGate:
    return gate_for(str(connections[ALIAS].settings_dict["NAME"]))


def is_open() -> bool:
    return not gate()._held


def write(statement: str, values: list[Any] | None = None) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(statement, values)


def texts() -> list[str]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT text FROM t ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_version_lacks_the_fault_that_corrupts_a_log() -> None:
    assert dbapi2.sqlite_version_info >= (3, 51, 3)


def test_what_is_committed_is_on_the_disk(file: Path) -> None:
    with connections[ALIAS].cursor() as cursor:
        values = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert values == {"journal_mode": "wal", "synchronous": 2}


def test_a_transaction_holds_the_gate_from_its_first_moment_to_its_end(file: Path) -> None:
    with transaction.atomic(using=ALIAS):
        assert not is_open()
        with transaction.atomic(using=ALIAS):
            write("INSERT INTO t (text) VALUES ('a')")
        assert not is_open()
    assert is_open()
    assert texts() == ["a"]


def test_a_durable_transaction_is_outermost(file: Path) -> None:
    with transaction.atomic(using=ALIAS, durable=True):
        write("INSERT INTO t (text) VALUES ('a')")
        with pytest.raises(RuntimeError), transaction.atomic(using=ALIAS, durable=True):
            pass
    assert is_open()


def test_an_undone_savepoint_leaves_the_rest_and_the_gate(file: Path) -> None:
    with transaction.atomic(using=ALIAS):
        write("INSERT INTO t (text) VALUES ('a')")
        with pytest.raises(IntegrityError), transaction.atomic(using=ALIAS):
            write("INSERT INTO t (text) VALUES ('a')")
        assert not is_open()
        write("INSERT INTO t (text) VALUES ('b')")
    assert is_open()
    assert texts() == ["a", "b"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_undoes_everything_and_opens_the_gate(file: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), transaction.atomic(using=ALIAS):  # noqa: PT012
        write("INSERT INTO t (text) VALUES ('a')")
        raise error
    assert is_open()
    assert texts() == []


def test_a_commit_that_fails_opens_the_gate(file: Path) -> None:
    write("PRAGMA foreign_keys=ON")
    write("CREATE TABLE child (t integer REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(IntegrityError), transaction.atomic(using=ALIAS):
        write("INSERT INTO child VALUES (99)")
    assert is_open()


def test_a_commit_that_is_interrupted_is_undone_and_opens_the_gate(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.backends.sqlite3.base import DatabaseWrapper

    def interrupted(self: DatabaseWrapper) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DatabaseWrapper, "_commit", interrupted)
    with pytest.raises(KeyboardInterrupt), transaction.atomic(using=ALIAS):
        write("INSERT INTO t (text) VALUES ('a')")
    assert is_open()
    assert texts() == []


def test_a_connection_closed_within_a_transaction_opens_the_gate(file: Path) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic(using=ALIAS):  # noqa: PT012
        connections[ALIAS].close()
        write("INSERT INTO t (text) VALUES ('a')")
    assert is_open()


def test_a_single_write_passes_the_gate_and_a_read_does_not_wait_for_it(file: Path) -> None:
    stranger = WriteGate(Path(f"{file}-gate"))  # as another process would hold it
    stranger.acquire()
    assert texts() == []
    done = threading.Event()

    def write_singly() -> None:
        write("INSERT INTO t (text) VALUES ('a')")
        with connections[ALIAS].cursor() as cursor:
            cursor.executemany("INSERT INTO t (text) VALUES (%s)", [["b"], ["c"]])
        connections[ALIAS].close()
        done.set()

    thread = threading.Thread(target=write_singly)
    thread.start()
    assert not done.wait(0.2)
    assert texts() == []
    stranger.release()
    thread.join(20)
    assert texts() == ["a", "b", "c"]
    assert is_open()


def test_a_gate_held_for_too_long_is_a_locked_database(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire = WriteGate.acquire
    monkeypatch.setattr(WriteGate, "acquire", lambda self, timeout=0.02: acquire(self, timeout))
    stranger = WriteGate(Path(f"{file}-gate"))
    stranger.acquire()
    with pytest.raises(OperationalError, match="locked"), transaction.atomic(using=ALIAS):
        pass
    stranger.release()
    with transaction.atomic(using=ALIAS):
        write("INSERT INTO t (text) VALUES ('a')")
    assert texts() == ["a"]


def write_many(path: str, name: str, count: int) -> None:
    """In another process: the same backend, the same file."""
    connections.settings[ALIAS] = connections.configure_settings({"default": database("", Path(path))})["default"]
    for number in range(count):
        with transaction.atomic(using=ALIAS):
            write("INSERT INTO t (text) VALUES (%s)", [f"{name} {number}"])


def test_threads_and_processes_that_write_at_once_all_succeed(file: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_in_process, args=(str(file.parent), "process", 100))
    process.start()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for each in range(25):
                with transaction.atomic(using=ALIAS):
                    write("INSERT INTO t (text) VALUES (%s)", [f"thread {number} {each}"])
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            connections[ALIAS].close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    process.join(60)
    assert process.exitcode == 0
    assert failures == []
    assert len(texts()) == 16 * 25 + 100


def _in_process(path: str, name: str, count: int) -> None:
    import django

    django.setup()
    write_many(path, name, count)
