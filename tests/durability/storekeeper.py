"""A store's process for calls, forked from one that has loaded everything, so that killing it costs no start-up.

    python -m tests.durability.storekeeper CODES        (BUTIK_DATA, BUTIK_ROLE=store; FAULT plants a fault)

Sets up a store and prints its enrolment codes as one line of JSON. Then it obeys: at every line it kills the process
that it has with its whole group; at `start` it forks a new one. It answers with the id of the process, or 0.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")

SOCKET = "calls.socket"


def main(codes: int) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from butik.lib.clock import now
    from butik.organisation.actions import issue_code
    from butik.serving import children
    from butik.serving.founding import found_here
    from butik.serving.processes import fork
    from tests.support.till import open_shop

    found_here()
    shop = open_shop(now=now())
    _say(json.dumps([issue_code(store=shop.store, pos=shop.pos, actor="system", now=now()) for _ in range(codes)]))
    FAULTS[os.environ.get("FAULT", "")]()
    children.load_everything()
    connection.close()  # a database must not be carried through a fork
    folder: Path = settings.BUTIK_DATA
    process = 0
    for command in sys.stdin:
        if process:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            process = 0
        if command.strip() == "start":
            process = fork(children.web("calls", folder / SOCKET, threads=1))
        _say(str(process))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- faults that the tests must find ---


def no_fault() -> None:
    return


def write_outbox_later() -> None:
    """The outbox is written in a transaction of its own, after the sale's."""
    from django.db import connection, transaction

    from butik.sales import commit, sql
    from butik.sales.rows import Batch
    from butik.sales.write import write_batch

    write, book = write_batch, commit._book_at_once
    later: list[Any] = []

    def write_without_outbox(batch: Batch) -> None:
        later.extend(batch.outbox)
        batch.outbox = []
        write(batch)

    def book_then_write_outbox(*args: Any, **options: Any) -> Any:
        decisions = book(*args, **options)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(sql.OUTBOX.one_by_one, later)
        later.clear()
        return decisions

    vars(commit).update(write_batch=write_without_outbox, _book_at_once=book_then_write_outbox)


def do_not_wait_for_the_disk() -> None:
    """SQLite's usual setting for WAL: consistent after a power cut, but not durable."""
    from django.db.backends.signals import connection_created

    def relax(connection: Any, **_: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=NORMAL")

    connection_created.connect(relax, weak=False)


FAULTS: dict[str, Callable[[], None]] = {
    "": no_fault,
    "outbox in a second transaction": write_outbox_later,
    "synchronous=NORMAL": do_not_wait_for_the_disk,
}

if __name__ == "__main__":
    main(int(sys.argv[1]))
