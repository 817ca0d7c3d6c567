"""The backend: pysqlite3 (SQLite >= 3.51.3) in the place of the interpreter's own, and the gate around every write."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3
from pysqlite3 import dbapi2

# Django's backend imports `sqlite3` by name; this must stand before its first import.
sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = dbapi2

from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.db import DatabaseError, OperationalError  # noqa: E402
from django.db.backends.sqlite3 import base  # noqa: E402

from butik.lib.gate import GateBusyError, WriteGate, gate_for  # noqa: E402

if dbapi2.sqlite_version_info < (3, 51, 3):
    raise ImproperlyConfigured(f"SQLite {dbapi2.sqlite_version} can corrupt a WAL database; 3.51.3 or newer is needed.")

_WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|REINDEX|WITH\b.*\b(INSERT|UPDATE|DELETE|REPLACE)\b)",
    re.IGNORECASE | re.DOTALL,
)


class GatedCursor(base.SQLiteCursorWrapper):
    """A write outside any transaction is a transaction of its own, so it too waits for its turn."""

    database: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        if self.database.in_atomic_block or not _WRITES.match(query):
            return super().execute(query, params)
        with self.database.passed_gate():
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.database.in_atomic_block:
            return super().executemany(query, param_list)
        with self.database.passed_gate():
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """Every transaction is BEGIN IMMEDIATE and waits for its turn at the gate, so it never meets a busy database."""

    _passed: WriteGate | None = None  # the gate, while we hold it

    def get_connection_params(self) -> dict[str, Any]:
        """SQLite would make an empty database of one that is not there; only whoever founds a service may."""
        params: dict[str, Any] = super().get_connection_params()
        if params.pop("must_exist", False):
            params["database"] = f"{Path(params['database']).absolute().as_uri()}?mode=rw"
        return params

    def create_cursor(self, name: str | None = None) -> GatedCursor:
        cursor: GatedCursor = self.connection.cursor(factory=GatedCursor)
        cursor.database = self
        return cursor

    @contextmanager
    def passed_gate(self) -> Iterator[None]:
        self._enter_gate()
        try:
            yield
        finally:
            self._leave_gate()

    def _start_transaction_under_autocommit(self) -> None:
        self._enter_gate()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave_gate()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        except DatabaseError:
            raise  # Django rolls back, and that leaves the gate
        except BaseException:
            self._rollback()
            raise
        self._leave_gate()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._leave_gate()

    def _enter_gate(self) -> None:
        if self._passed is None:
            gate = gate_for(str(self.settings_dict["NAME"]))
            try:
                gate.acquire()
            except GateBusyError:
                raise OperationalError("database is locked: somebody has held the write gate for too long") from None
            self._passed = gate

    def _leave_gate(self) -> None:
        if self._passed is not None:
            gate, self._passed = self._passed, None
            gate.release()
