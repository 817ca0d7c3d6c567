"""An article by its barcode over HTTP, asked for by an authenticated device."""

from collections.abc import Iterator

from benchmarks.client import run_load
from benchmarks.figures import Figure, Values, interleave
from benchmarks.floors.serve import floor_app
from benchmarks.sale import summary
from benchmarks.services import copy_database, folder
from benchmarks.store_service import StoreService, store_service

FEW, MANY = 10_000, 75_000
LOOK_UPS = 600


def measure() -> Iterator[Figure]:
    with folder() as here:
        copy = here / "floor.sqlite3"
        with (
            store_service(here / "few", articles=FEW, tills=1) as few,
            store_service(here / "many", articles=MANY, tills=1) as many,
        ):
            copy_database(many.data / "butik.sqlite3", copy)
            with floor_app("benchmarks.floors.store_sqlite:app", {"FLOOR_DATABASE": str(copy)}) as floor_port:
                medians = interleave(
                    {
                        "few": lambda: _ours(few),
                        "many": lambda: _ours(many),
                        "floor": lambda: summary(run_load(floor_port, many.look_ups(1, LOOK_UPS), expect=b'"price"')),
                    }
                )
    yield Figure("article by barcode, p50", medians["many"]["p50"], 4, "ms", medians["floor"]["p50"])
    yield Figure("article by barcode, 75,000 / 10,000", medians["many"]["p50"], 1.15, "ms", medians["few"]["p50"])
    yield Figure("article by barcode, failed", medians["many"]["failed"] + medians["few"]["failed"], 0, "calls")


def _ours(store: StoreService) -> Values:
    return summary(run_load(store.port, store.look_ups(1, LOOK_UPS), expect=b'"price"'))
