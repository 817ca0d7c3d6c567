"""A store's own process in the benchmark of a recovery. Run with the store's settings.

python -m benchmarks.recovery_store setup ARTICLES.csv      found the store, print what an emergency must know
python -m benchmarks.recovery_store recover PAIRING KEY     go the whole way home, print how long it took
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def setup(articles: str) -> dict[str, Any]:
    from benchmarks.setup_store import main

    main(Path(articles), 2)
    from butik.articles.models import Article
    from butik.lib.signing import encode
    from butik.organisation.installation import this_installation
    from butik.organisation.keys import chain_root
    from butik.organisation.tenancy import tenant_scope

    here = this_installation()
    assert here.organisation_id
    assert here.chain_id
    with tenant_scope([here.organisation_id]):
        plain = Article.objects.filter(unit="PCS", linked_number="", price__gt=0, vat_rate=2500, is_blocked=False)
        rows = list(plain.values_list("number", "receipt_text", "price", "version")[:2000])
    return {
        "org": str(here.organisation_id),
        "chain": str(here.chain_id),
        "store": str(here.store_id),
        "root": encode(chain_root(here.chain_id).private.private_bytes_raw()),
        "articles": rows,
    }


def recover(pairing: str, key: str) -> dict[str, Any]:
    import django

    django.setup()
    from butik.lib.clock import now
    from butik.organisation.installation import this_installation
    from butik.organisation.models import Chain, Store
    from butik.organisation.tenancy import tenant_scope
    from butik.recovery import actions
    from butik.recovery.cloud import cloud_of

    here = this_installation()
    assert here.organisation_id
    with tenant_scope([here.organisation_id]):
        Chain.objects.update(emergency=Path(pairing).read_text())
        store = Store.objects.select_related("chain").get(pk=here.store_id)
    cloud = cloud_of(store)
    begun = time.perf_counter()
    recovery = actions.claim(store=store, key=key, cloud=cloud, actor="system", now=now())
    recovery = actions.fetch(recovery=recovery, store=store, cloud=cloud)
    recovery = actions.release(recovery=recovery, cloud=cloud, actor="system", now=now())
    recovery = actions.mark_recovered(recovery=recovery, store=store, cloud=cloud, actor="system", now=now())
    seconds = time.perf_counter() - begun
    by = sum(abs(each["cloud"] - each["store"]) for each in recovery.differences)
    return {"seconds": seconds, "state": recovery.state, "differs_by": by, "booked": recovery.booked}


VERBS: dict[str, Callable[..., dict[str, Any]]] = {"setup": setup, "recover": recover}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "butik.settings")
    print(json.dumps(VERBS[sys.argv[1]](*sys.argv[2:])))
