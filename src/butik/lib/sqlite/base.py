"""The backend: pysqlite3 (SQLite >= 3.51.3) in the place of the interpreter's own, and the gate around transactions."""

import sys

import pysqlite3
from pysqlite3 import dbapi2

# Django's backend imports `sqlite3` by name; this must stand before its first import.
sys.modules["sqlite3"] = pysqlite3
sys.modules["sqlite3.dbapi2"] = dbapi2

from django.core.exceptions import ImproperlyConfigured  # noqa: E402
from django.db.backends.sqlite3 import base  # noqa: E402

from butik.lib.gate import gate_for  # noqa: E402

if dbapi2.sqlite_version_info < (3, 51, 3):
    raise ImproperlyConfigured(f"SQLite {dbapi2.sqlite_version} can corrupt a WAL database; 3.51.3 or newer is needed.")


class DatabaseWrapper(base.DatabaseWrapper):
    """Every transaction is BEGIN IMMEDIATE and waits for its turn at the gate, so it never meets a busy database."""

    _holds_gate = False

    def _start_transaction_under_autocommit(self) -> None:
        self._enter_gate()
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave_gate()
            raise

    def _commit(self) -> None:
        super()._commit()
        self._leave_gate()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._leave_gate()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._leave_gate()

    def _enter_gate(self) -> None:
        if not self._holds_gate:
            gate_for(str(self.settings_dict["NAME"])).acquire()
            self._holds_gate = True

    def _leave_gate(self) -> None:
        if self._holds_gate:
            self._holds_gate = False
            gate_for(str(self.settings_dict["NAME"])).release()
