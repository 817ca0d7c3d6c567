"""What 75,000 articles weigh in the price file, and how soon the POS app can scan them after a warm start."""

import sqlite3
import statistics
from collections.abc import Iterator
from contextlib import closing

from playwright.sync_api import Page

from benchmarks.figures import Figure
from benchmarks.pos_app import PIN, STAFF, enrolled_pos
from benchmarks.store_service import StoreService

STARTS = 5
READY = "performance.getEntriesByName('prices-ready')[0]?.startTime ?? null"


def measure() -> Iterator[Figure]:
    with enrolled_pos() as (pos, store):
        yield Figure("price file of 75,000 articles", _bytes_an_article(store), 22, "B each")
        pos.sign_in(STAFF, PIN)
        pos.await_prices("MINIMÆLK")
        starts = []
        for _ in range(STARTS):
            pos.restart()
            starts.append(_ready_after(pos.page))
        yield Figure("warm start of the POS app until it can scan", statistics.median(starts) / 1000, 1, "s")


def _ready_after(page: Page) -> float:
    """Milliseconds from the start of the navigation."""
    for _ in range(600):
        moment = page.evaluate(READY)
        if moment is not None:
            return float(moment)
        page.wait_for_timeout(50)
    raise TimeoutError("the POS app has no prices")


def _bytes_an_article(store: StoreService) -> float:
    with closing(sqlite3.connect(store.data / "butik.sqlite3")) as database:
        size, articles = database.execute(
            "SELECT size, articles FROM pricing_pricefile ORDER BY version DESC LIMIT 1"
        ).fetchone()
    return float(size / articles)
