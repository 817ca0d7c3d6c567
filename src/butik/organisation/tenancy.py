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
    with transaction.atomic():
        narrow_scope(organisations, person=person)
        yield


def narrow_scope(organisations: Iterable[UUID], *, person: UUID | None = None) -> None:
    """Set the scope of the transaction that is open; without an open one PostgreSQL would forget it at once."""
    if connection.vendor != "postgresql":
        return
    permitted = ",".join(sorted(str(UUID(str(each))) for each in organisations))
    someone = str(UUID(str(person))) if person else ""
    with connection.cursor() as cursor:
        # SET takes no parameters; both values are UUIDs that were parsed just above
        cursor.execute(f"SET LOCAL butik.organisations = '{permitted}'")
        cursor.execute(f"SET LOCAL butik.person = '{someone}'")
