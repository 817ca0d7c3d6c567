"""Wakes a worker when something was announced: within a blink, at the price of a look at a counter."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from django.conf import settings

from butik.live.actions import CHANNEL

EVERY = 0.04  # seconds between looks: at most so long is a wake late, and so many are one
LISTEN = 1.0  # seconds after which a listener looks whether it is to stop

log = logging.getLogger(__name__)


class Watch(Protocol):
    def topics(self) -> Iterable[str]:
        """Wait a little; the topics that were announced meanwhile."""


class SqliteWatch:
    def __init__(self, path: str, stopping: threading.Event) -> None:
        from pysqlite3 import dbapi2

        self._connection: Any = dbapi2.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self._stopping = stopping
        self._version = -1
        self._latest = self._connection.execute("SELECT coalesce(max(id), 0) FROM live_liveevent").fetchone()[0]

    def topics(self) -> Iterable[str]:
        self._stopping.wait(EVERY)
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return []
        self._version = version
        rows = self._connection.execute(
            "SELECT topic, max(id) FROM live_liveevent WHERE id > ? GROUP BY topic", [self._latest]
        ).fetchall()
        self._latest = max((row[1] for row in rows), default=self._latest)
        return [row[0] for row in rows]


class PostgresWatch:
    """The notification bears the topic, so that no row needs to be read. What comes after a pause is heard at once."""

    def __init__(self, database: dict[str, Any], stopping: threading.Event) -> None:
        import psycopg

        self._connection = psycopg.connect(
            host=database["HOST"],
            port=database["PORT"] or None,
            dbname=database["NAME"],
            user=database["USER"],
            password=database["PASSWORD"] or None,
            autocommit=True,
        )
        self._connection.execute(f"LISTEN {CHANNEL}")
        self._stopping = stopping

    def topics(self) -> Iterable[str]:
        self._stopping.wait(EVERY)  # the server keeps for us what is announced meanwhile
        return {each.payload for each in self._connection.notifies(timeout=LISTEN, stop_after=1)}


def open_watch(stopping: threading.Event) -> Watch:
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"] == "butik.lib.sqlite":
        return SqliteWatch(database["NAME"], stopping)
    return PostgresWatch(database, stopping)


def watch_commits(wake: Callable[[Iterable[str]], None], stopping: threading.Event) -> None:
    """Until told to stop. Without the database there is nothing to hear; each job's own interval is the safety."""
    while not stopping.is_set():
        try:
            watch = open_watch(stopping)
            while not stopping.is_set():
                topics = watch.topics()
                if topics:
                    wake(topics)
        except Exception:
            log.warning("The announcements cannot be followed; trying again.", exc_info=True)
            stopping.wait(2)
