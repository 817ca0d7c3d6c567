"""Make backups in a process with the service's code: one that is timed, or one after another until we are stopped.

    python -m benchmarks.backup_maker once|always       (the store's settings)

Pairs the store's chain with an emergency cloud of nobody's, so nothing is uploaded.
"""

import json
import os
import sys
import threading
import time


def main(how: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    import msgspec
    import pyrage

    from butik.backups.actions import ask_backup, make_backup, sweep_files
    from butik.backups.folder import only_one
    from butik.backups.gentle import step_aside
    from butik.backups.models import Backup
    from butik.lib.clock import now
    from butik.lib.signing import SigningKey, encode
    from butik.organisation.models import Store
    from butik.organisation.pairing import pair_chain

    store = Store.objects.select_related("chain").get()
    if not store.chain.emergency:
        identity = pyrage.x25519.Identity.generate()
        offer = {
            "chain": str(store.chain_id),
            "url": "https://emergency.invalid",
            "key": encode(SigningKey.generate().public),
            "recipient": str(identity.to_public()),
        }
        pair_chain(chain=store.chain, offer=msgspec.json.encode(offer), actor="system", now=now())
        store = Store.objects.select_related("chain").get()
    if how == "always":
        step_aside()
    with only_one() as is_mine:
        assert is_mine
        while True:
            backup = ask_backup(store=store, actor="system", now=now())
            begun = time.perf_counter()
            made = make_backup(store=store, now=now(), backup=backup)
            seconds = time.perf_counter() - begun
            assert made.state == Backup.State.MADE, made.detail
            Backup.objects.update(state=Backup.State.FAILED)  # nobody is there to take it
            sweep_files(store=store, now=now())
            print(json.dumps({"seconds": seconds, "size": made.size, "plain_size": made.plain_size}), flush=True)
            if how == "once":
                return


if __name__ == "__main__":
    # a thread, as in the worker: it has a priority of its own
    worker = threading.Thread(target=main, args=(sys.argv[1],))
    worker.start()
    worker.join()
