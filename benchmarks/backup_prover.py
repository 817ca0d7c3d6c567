"""Receive and prove backups in a process with the emergency service's code, again whenever a line comes in.

    python -m benchmarks.backup_prover ARTICLES FOLDER       (an emergency service's settings)

Each is of another night, as a store would make it, with a few prices changed. Prints what each took, as JSON.
"""

import json
import os
import sys
import time
from pathlib import Path


def main(articles: int, folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    import django

    django.setup()
    from butik.serving.founding import found_here

    found_here()
    from datetime import timedelta

    from butik.lib.clock import now
    from butik.vault.proving import prove_backup
    from butik.vault.tests.depot import Depot, make_article, make_content

    depot = Depot.adopt()
    rows = [make_article(number)._replace(name=f"Vare nummer {number} i butikken") for number in range(articles)]
    caller = depot.caller()
    for night, _ in enumerate(sys.stdin):
        at = now() + timedelta(days=night)
        rows[night] = rows[night]._replace(price=rows[night].price + 1, version=articles + 100 + night)
        sealed = depot.backup(content=make_content(depot, at, rows), at=at)
        begun = time.perf_counter()
        depot.take(sealed, at, caller)
        received = time.perf_counter() - begun
        prove_backup(backup=depot.stored(sealed), now=at)
        seconds = time.perf_counter() - begun
        stored = depot.stored(sealed)
        assert stored.state == "PROVEN", stored.refusal
        told = {"seconds": seconds, "received": received, "size": stored.size, "plain_size": sealed.manifest.plain_size}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
