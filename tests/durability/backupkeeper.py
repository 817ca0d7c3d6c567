"""A store's process for backups, forked from one that has loaded everything, so that killing it costs no start-up.

    python -m tests.durability.backupkeeper URL KEY RECIPIENT     (BUTIK_DATA, BUTIK_ROLE=store; FAULT plants a fault)

Pairs the store's chain with that emergency cloud and fills its shelves. Then it obeys: at every line it kills the
process that it has; at `start` it forks a new one, which makes and hands over backups without pause. It answers with
the process, or 0.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.durability.vaultkeeper import SYNC_FAULTS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
os.environ["BUTIK_BACKUP_WINDOW"] = "23:58-23:59"
ARTICLES = 300


def main(url: str, key: str, recipient: str) -> None:
    import django

    django.setup()
    from django.db import connection

    import butik.backups.work  # noqa: F401 - a fork need not
    from butik.serving.processes import Child, fork

    _prepare(url, key, recipient)
    FAULTS[os.environ.get("FAULT", "")]()
    connection.close()  # a database must not be carried through a fork
    process = 0
    for command in sys.stdin:
        if process:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            process = 0
        if command.strip() == "start":
            process = fork(Child("backups", _make_backups))
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()


def _prepare(url: str, key: str, recipient: str) -> None:
    import msgspec

    from butik.articles.models import Article
    from butik.lib.clock import now
    from butik.organisation.models import Chain
    from butik.organisation.pairing import pair_chain

    chain = Chain.objects.get()
    offer = {"chain": str(chain.id), "url": url, "key": key, "recipient": recipient}
    pair_chain(chain=chain, offer=msgspec.json.encode(offer), actor="system", now=now())
    Article.objects.bulk_create(
        Article(
            organisation_id=chain.organisation_id,
            chain=chain,
            number=f"2{number:05}",
            receipt_text=f"Article {number}",
            search_text=f"article {number}",
            price=0,
            vat_rate=2500,
            version=1,
        )
        for number in range(ARTICLES)
    )


def _make_backups() -> None:
    from butik.backups.actions import ask_backup
    from butik.backups.folder import only_one
    from butik.backups.work import work_store
    from butik.lib.clock import now
    from butik.organisation.models import Store

    while True:
        with only_one() as is_mine:
            assert is_mine
            store = Store.objects.select_related("chain").get()
            ask_backup(store=store, actor="system", now=now())
            work_store(store, now())
        time.sleep(0.001)


# --- faults that the test must find ---


def no_fault() -> None:
    return


def copy_the_file() -> None:
    """The database is copied as a file, and read from the copy."""
    from django.db import connection

    from butik.backups import actions, snapshot_source

    read = snapshot_source.read_content

    def read_copy(store: Any, **named: Any) -> Any:
        original = Path(str(connection.settings_dict["NAME"]))
        copy = original.with_name("copy.sqlite3")
        shutil.copyfile(original, copy)
        connection.close()
        connection.settings_dict["NAME"] = str(copy)
        try:
            return read(store, **named)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = str(original)

    vars(actions).update(read_content=read_copy)


def read_table_by_table() -> None:
    """Each table is read in a transaction of its own."""
    from butik.backups import snapshot_source

    vars(snapshot_source).update(one_moment=lambda organisation_id: nullcontext())


def offer_before_it_is_whole() -> None:
    """The sealed file gets its name before it has all its bytes, and is believed to be whole."""
    from butik.backups import actions
    from butik.snapshot import seal as sealing

    seal = sealing.seal

    def seal_in_place(plain: Path, sealed: Path, recipient: str) -> Any:
        said = seal(plain, sealed, recipient)
        with sealed.open("r+b") as file:
            file.truncate(said.size - 1000)
        return replace(said, size=said.size - 1000)

    vars(actions).update(seal=seal_in_place, is_whole=lambda path, sha256: True)


def say_it_before_it_has_its_name() -> None:
    """It is said to be made, and gets its name when it is handed over."""
    from butik.backups import actions, work
    from butik.backups.folder import put_in_place

    upload, later = actions.upload_backup, list[Callable[[], None]]()

    def upload_then(**named: Any) -> Any:
        later.pop()()
        return upload(**named)

    vars(actions).update(put_in_place=lambda sealed, key: later.append(lambda: put_in_place(sealed, key)))
    vars(work).update(upload_backup=upload_then)


FAULTS: dict[str, Callable[[], None]] = {
    "": no_fault,
    **SYNC_FAULTS,
    "said before it has its name": say_it_before_it_has_its_name,
    "plain copy of the file": copy_the_file,
    "a transaction for each table": read_table_by_table,
    "offered before it is whole": offer_before_it_is_whole,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
