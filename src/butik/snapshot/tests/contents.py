"""A small store's content for tests of whatever writes or reads snapshots."""

import hashlib
import json
from pathlib import Path
from uuid import UUID

from butik.lib.ids import new_id
from butik.snapshot.format import FORMAT, Article, Assistant, Barcode, Device, Pos, PriceFile, SeriesHead
from butik.snapshot.write import Content, write_snapshot


def make_content(*, store: UUID | None = None, articles: int = 3, prices: bytes = b"prices") -> Content:
    org, chain, shop, device = (str(new_id()) for _ in range(4))
    shop = str(store) if store else shop
    tree = {"organisation": {"id": org}, "company": {"id": str(new_id())}, "chain": {"id": chain}}
    meta = {
        "format": FORMAT,
        "org": org,
        "chain": chain,
        "store": shop,
        "made_at": "2026-11-20T02:03:04.000Z",
        "position": "17",
        "app": "0.1.0",
        "tree": json.dumps(tree | {"store": {"id": shop}}),
    }
    numbers = [f"{number:04}" for number in range(articles)]
    return Content(
        meta=meta,
        articles=[
            Article(number, "Milk", "Milk 1 l", "Dairy", "PCS", 1295, 2500, None, "", blocked=False, version=3)
            for number in numbers
        ],
        barcodes=[Barcode(f"57000000{number}", number, 1000) for number in numbers],
        price_file=PriceFile(4, 17, hashlib.sha256(prices).hexdigest(), "a.b.c", prices) if prices else None,
        assistants=[Assistant(str(new_id()), "12", "Ane", "OPERATOR", '{"alg":"PBKDF2-SHA256"}', 1)],
        poss=[Pos(str(new_id()), 1, "Counter")],
        devices=[Device(device, 1, "Tablet", "key", "kid", "ACTIVE", "a.b.c")],
        series=[SeriesHead(str(new_id()), 1, device, "N1", 7, "ab" * 32, 7, 45000)],
    )


def make_snapshot(path: Path, content: Content | None = None) -> Path:
    write_snapshot(path, content or make_content())
    return path
