"""The tenant scope of a piece of work: which organisations it may touch.

The application's own lock is `visible_to`; this is the second: on PostgreSQL the permitted organisations are set with
SET LOCAL for one transaction, and row-level security compares every row with them. SQLite has no such lock, which is
why a service with more than one organisation must run on PostgreSQL.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection, transaction


@contextmanager
def tenant_scope(organisations: Iterable[UUID], *, person: UUID | None = None) -> Iterator[None]:
    """Run a block that may touch only these organisations' rows (and `person`'s own memberships).

    On PostgreSQL the block is one transaction; on SQLite nothing is begun, so that reading never waits for the gate.
    """
    if connection.vendor != "postgresql":
        yield
        return
    # A setting made in a savepoint outlives it: the scope around this one must be put back by hand.
    around = _read_scope() if connection.in_atomic_block else None
    with transaction.atomic():
        narrow_scope(organisations, person=person)
        yield
    if around is not None:
        _set_scope(*around)


def narrow_scope(organisations: Iterable[UUID], *, person: UUID | None = None) -> None:
    """Set the scope of the transaction that is open; without an open one PostgreSQL would forget it at once."""
    if connection.vendor == "postgresql":
        _set_scope(",".join(sorted(str(UUID(str(each))) for each in organisations)), str(person) if person else "")


def _read_scope() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('butik.organisations', true), ''),"
            " coalesce(current_setting('butik.person', true), '')"
        )
        organisations, person = cursor.fetchone()
    return organisations, person


def _set_scope(organisations: str, person: str) -> None:
    # SET LOCAL, not set_config(): a distributed PostgreSQL passes only the former on to its nodes. It takes no
    # parameters; both values are UUIDs of ours, or what PostgreSQL itself just told us.
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL butik.organisations = '{organisations}'; SET LOCAL butik.person = '{person}'")
