"""On PostgreSQL each answer that is waited for costs a round trip: so statements are sent together (decision 0006)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from select import select
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction

from butik.live.actions import NOTIFY, notify_after_commit
from butik.organisation.tenancy import tenant_scope

if TYPE_CHECKING:
    import psycopg  # a store on SQLite never loads it

PREPARE_AFTER = 2  # times that a statement is sent before its plan is kept


@contextmanager
def hot_scope(organisation_id: UUID, *, together: bool = True) -> Iterator[set[str]]:
    """`tenant_scope` for the hot paths: on PostgreSQL nothing is waited for before rows are fetched, or the end.

    It gives a set for topics: after the commit, listeners are woken for those in it. Not `together` is for work that
    goes through Django's models: they must know at once how many rows a statement has changed.
    """
    topics: set[str] = set()
    if connection.vendor != "postgresql" or connection.in_atomic_block or not together:
        with tenant_scope([organisation_id]), _pipeline() if together else nullcontext():
            yield topics
            for topic in topics:
                notify_after_commit(topic)
        return
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    # Django would ask an idle connection whether it lives; one that was closed has something to read
    connection.health_check_done |= not select([raw.fileno()], [], [], 0)[0]  # type: ignore[attr-defined]
    with transaction.atomic(), _pipeline():
        ask(f"SET LOCAL butik.organisations = '{organisation_id}'")
        yield topics
        ask("COMMIT")  # sent with the rest; Django then finds nothing left to commit
        for topic in topics:
            ask(NOTIFY, (topic,))  # a transaction of its own, to which it comes only if the first was committed


@contextmanager
def _pipeline() -> Iterator[None]:
    """What the database refuses is raised by the end of it, within the transaction or savepoint around it."""
    if connection.vendor != "postgresql":
        yield
        return
    raw: psycopg.Connection[Any] = connection.connection
    raw.prepare_threshold = PREPARE_AFTER
    with connection.wrap_database_errors, raw.pipeline():
        yield


def ask(statement: str, parameters: Sequence[Any] | None = None) -> "psycopg.Cursor[Any]":
    """Send a statement on PostgreSQL, its parameters apart from it so that its plan can be kept.

    Inside a pipeline nothing is waited for until rows are fetched from the cursor.
    """
    from psycopg import Cursor

    with connection.wrap_database_errors:
        return Cursor(connection.connection).execute(statement, parameters)


def fetch(cursor: "psycopg.Cursor[Any]") -> list[tuple[Any, ...]]:
    with connection.wrap_database_errors:
        return cursor.fetchall()
