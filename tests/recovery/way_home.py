"""A process that goes a store's way home again and again, each time in a child of its own that may be killed.

Reads a line of JSON a command from its input, answers with a line: {"do": "found" | "pair" | "walk" | "books", …}.
Children are forked before anything was connected, so each has its own database, keys and caches.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import django

BOUNDARY = 0


def main() -> None:
    django.setup()
    # what children need is imported once, here
    import butik.recovery.work  # noqa: F401
    from tests.support import till  # noqa: F401

    for line in sys.stdin:
        asked = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                try:
                    json.dump(answer(asked), out)
                except BaseException:  # noqa: BLE001 - told to whoever asked
                    json.dump({"error": traceback.format_exc()}, out)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as told:
            said = told.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            said = json.dumps({"killed": os.WTERMSIG(status)})
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    from django.conf import settings
    from django.db import connection

    folder = Path(asked["folder"])
    settings.BUTIK_DATA = folder
    connection.settings_dict["NAME"] = str(folder / "butik.sqlite3")
    done: dict[str, Any] = globals()[f"_{asked['do']}"](asked)
    return done


def _found(asked: dict[str, Any]) -> dict[str, Any]:
    from butik.lib.clock import now
    from butik.lib.signing import encode
    from butik.organisation.keys import chain_root
    from butik.serving.founding import found_here
    from tests.support.till import open_shop

    found_here()
    shop = open_shop(now=now())
    root = chain_root(shop.chain.id)
    return {
        "org": str(shop.store.organisation_id),
        "chain": str(shop.chain.id),
        "store": str(shop.store.id),
        "pos": shop.pos.number,
        "root": encode(root.private.private_bytes_raw()),
    }


def _pair(asked: dict[str, Any]) -> dict[str, Any]:
    from butik.organisation.models import Chain

    return {"paired": Chain.objects.update(emergency=asked["pairing"])}


def _walk(asked: dict[str, Any]) -> dict[str, Any]:
    """The whole way; with `kill_at` the process dies at that boundary, with `fault` the cursor goes ahead alone."""
    from butik.lib.clock import now
    from butik.organisation.models import Store
    from butik.recovery import actions
    from butik.recovery.cloud import cloud_of
    from butik.recovery.standing import newest_recovery

    _count_boundaries(asked.get("kill_at", 0))
    if asked.get("fault"):
        _plant_fault()
    store = Store.objects.select_related("chain").get()
    cloud = cloud_of(store)
    recovery = actions.claim(store=store, key=asked["key"], cloud=cloud, actor="system", now=now())
    recovery = actions.fetch(recovery=recovery, store=store, cloud=cloud)
    recovery = actions.release(recovery=recovery, cloud=cloud, actor="system", now=now())
    recovery = actions.fetch(recovery=recovery, store=store, cloud=cloud)
    recovery = actions.compare(recovery=recovery, store=store, cloud=cloud, now=now())
    if not recovery.differences:
        actions.mark_recovered(recovery=recovery, store=store, cloud=cloud, actor="system", now=now())
    reached = newest_recovery(store)
    return {"boundaries": BOUNDARY, "state": reached.state if reached else ""}


def _books(asked: dict[str, Any]) -> dict[str, Any]:
    from butik.organisation.models import Pos
    from butik.recovery.tests.books import books_of
    from tests.support.till import Shop

    pos = Pos.objects.select_related("store", "chain").get()
    return {"books": repr(books_of(Shop(pos.chain, pos.store, pos), way=True))}


def _count_boundaries(kill_at: int) -> None:
    """Before and after each call, at the end of each transaction, and right behind its commit."""
    from django.db import connection
    from django.db.transaction import Atomic

    from butik.recovery import actions
    from butik.recovery.cloud import Cloud

    def boundary() -> None:
        global BOUNDARY
        BOUNDARY += 1
        if kill_at == BOUNDARY:
            os.kill(os.getpid(), signal.SIGKILL)

    names: Any = actions  # its own imports are taken in hand here
    send, announce, leave = Cloud._send, names.announce, Atomic.__exit__

    def sending(self: Cloud, *arguments: Any) -> Any:
        boundary()
        answered = send(self, *arguments)
        boundary()
        return answered

    def announcing(*arguments: Any, **named: Any) -> None:
        announce(*arguments, **named)
        boundary()

    def leaving(self: Any, *error: Any) -> None:
        leave(self, *error)
        if not connection.in_atomic_block:
            boundary()

    Cloud._send = sending  # type: ignore[method-assign, assignment]
    names.announce = announcing
    Atomic.__exit__ = leaving  # type: ignore[method-assign]


def _plant_fault() -> None:
    from butik.recovery import actions
    from butik.recovery.models import Recovery

    take = actions.take_page

    def taking(*, recovery: Recovery, prepared: Any, **named: Any) -> Recovery:
        from django.db import transaction

        with transaction.atomic():
            Recovery.objects.filter(pk=recovery.pk).update(position=prepared.position)
        with transaction.atomic():
            Recovery.objects.filter(pk=recovery.pk).update(position=prepared.after)
            return take(recovery=recovery, prepared=prepared, **named)

    actions.take_page = taking


if __name__ == "__main__":
    main()
