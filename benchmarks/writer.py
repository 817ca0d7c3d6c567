"""Another process that writes into the same SQLite file, as fast as it can, through the same gate."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.services import ROOT
from benchmarks.store_service import StoreService
from butik.simulator.demo.processes import clean_environment


@contextmanager
def writing_beside(store: StoreService) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.writer"],
        env=clean_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"} | store.environment,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.readline()  # it has begun
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def main() -> None:
    """One row a transaction, each durable, until we are stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    from django.db import transaction

    from butik.audit.actions import record
    from butik.lib.clock import now
    from butik.organisation.installation import this_installation

    organisation = this_installation().organisation_id
    assert organisation is not None
    print("begun", flush=True)
    while True:
        with transaction.atomic():
            record("benchmark.row.written", organisation_id=organisation, actor="system", at=now(), subject="writer")
        time.sleep(0)


if __name__ == "__main__":
    main()
