"""An emergency cloud's vault that takes one backup a line, of a store that nobody knew before.

    python -m tests.durability.vaultkeeper BACKUPS     (BUTIK_DATA, BUTIK_ROLE=emergency; FAULT plants a fault)

Makes so many backups, and says that it is ready. Then it takes the next one at every line, and says its id when the
slot has answered RECEIVED.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")


def main(backups: int) -> None:
    import django

    django.setup()

    from butik.lib.clock import now
    from butik.serving.founding import found_here
    from butik.vault.tests.depot import Depot

    found_here()
    depots = [Depot.adopt(number) for number in range(1, backups // 2 + 2)]  # folders of two organisations and more
    sealed = [(depot, depot.backup()) for depot in depots for _ in range(2)][:backups]
    FAULTS[os.environ.get("FAULT", "")]()
    _say("ready")
    for _ in sys.stdin:
        depot, backup = sealed.pop(0)
        assert depot.take(backup, now()) == "RECEIVED"
        _say(str(backup.manifest.id))
        _afterwards()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_later: list[Callable[[], object]] = []


def _afterwards() -> None:
    while _later:
        _later.pop()()


# --- faults that the tests must find ---


def say_it_before_it_has_its_name() -> None:
    from butik.vault import slot
    from butik.vault.storage import keep

    def keep_later(arrived: Any, folder: str) -> str:
        os.link(arrived.path, aside := arrived.path.with_name("aside"))
        name = f"{folder}/{arrived.path.name}.age"

        def put() -> None:
            from butik.vault.storage import object_path

            given = object_path(keep(type(arrived)(aside, arrived.size, arrived.digest), folder))
            given.rename(object_path(name))
            aside.unlink()

        _later.append(put)
        return name

    vars(slot).update(keep=keep_later)


def sync_no(kind: str) -> Callable[[], None]:
    """Python's own syncing leaves out files, or folders; SQLite does its own."""

    def plant() -> None:
        import stat

        fsync: Callable[[Any], None] = os.fsync

        def fsync_others(handle: Any) -> None:
            if stat.S_ISDIR(os.fstat(handle).st_mode) != (kind == "folder"):
                fsync(handle)

        vars(os).update(fsync=fsync_others)

    return plant


SYNC_FAULTS = {"no sync of the file": sync_no("file"), "no sync of the folder": sync_no("folder")}
FAULTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    **SYNC_FAULTS,
    "said before it has its name": say_it_before_it_has_its_name,
}

if __name__ == "__main__":
    main(int(sys.argv[1]))
