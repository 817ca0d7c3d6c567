"""A full disk and a damaged one are told apart by what each part of a machine says."""

import errno
import logging

import psycopg
import pysqlite3
import pytest
from django.db import DatabaseError, OperationalError

from butik.lib.storage import FullDisk, is_damaged, is_full


def caused(by: BaseException) -> BaseException:
    error = OperationalError("it failed")
    error.__cause__ = by
    return error


def of_sqlite(code: int) -> Exception:
    error: Exception = pysqlite3.DatabaseError("it failed")
    error.sqlite_errorcode = code  # type: ignore[attr-defined]
    return error


def of_postgresql(state: str) -> Exception:
    error = psycopg.Error("it failed")
    error.sqlstate = state
    return error


@pytest.mark.parametrize(
    ("error", "full", "damaged"),
    [
        (OSError(errno.ENOSPC, "no space"), True, False),
        (OSError(errno.EDQUOT, "quota"), True, False),
        (caused(OSError(errno.ENOSPC, "no space")), True, False),
        (OSError(errno.EIO, "I/O"), False, True),
        (OSError(errno.ECONNREFUSED, "no"), False, False),
        (caused(of_sqlite(13)), True, False),
        (caused(of_sqlite(11)), False, True),
        (caused(of_sqlite(11 | (1 << 8))), False, True),
        (caused(of_sqlite(10 | (2 << 8))), False, True),
        (caused(of_sqlite(26)), False, True),
        (caused(of_sqlite(5)), False, False),
        (caused(of_postgresql("53100")), True, False),
        (caused(of_postgresql("XX001")), False, True),
        (caused(of_postgresql("58030")), False, True),
        (caused(of_postgresql("57P01")), False, False),
        (caused(of_postgresql("53200")), False, False),
        (DatabaseError("x"), False, False),
        (MemoryError(), False, False),
        (None, False, False),
    ],
)
def test_what_it_says_is_understood(error: BaseException | None, full: bool, damaged: bool) -> None:
    assert (is_full(error), is_damaged(error)) == (full, damaged)


def test_a_full_disk_is_logged_once_with_how_often(caplog: pytest.LogCaptureFixture) -> None:
    disk = FullDisk()
    for _ in range(40):
        disk.tell("POST /api/pos/v1/journal", OSError(errno.ENOSPC, "no space"))
    assert [each.levelno for each in caplog.records] == [logging.ERROR]
    disk._told_at = float("-inf")  # a minute later
    disk.tell("POST /api/pos/v1/journal", OSError(errno.ENOSPC, "no space"))
    assert caplog.records[-1].message.endswith("since this was last said: 40")
