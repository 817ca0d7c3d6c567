"""Articles from a file: validated and with versions, feed and audit, beside reading it and `executemany`."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure, Values, interleave
from benchmarks.services import chain_environment, copy_database, folder, founded_chain, run_child
from butik.simulator.catalogue import generate_catalogue, write_csv

SIZES = (15_700, 75_202)


def measure() -> Iterator[Figure]:
    with folder() as here:
        founded_chain(here / "empty")
        for size in SIZES:
            file = here / f"{size}.csv"
            write_csv(generate_catalogue(size), file)
            medians = interleave({"ours": partial(_ours, here, file, size), "floor": partial(_floor, here, file)})
            ours, floor = medians["ours"], medians["floor"]["seconds"]
            name = f"import of {size:,} articles"
            yield Figure(name, ours["first"], 4, "s", floor)
            yield Figure(f"{name}, the same file again", ours["again"], 3, "s", floor)
            yield Figure(f"{name}, rows written again", ours["written_again"], 0, "rows")


def _ours(here: Path, file: Path, size: int) -> Values:
    copy_database(here / "empty" / "butik.sqlite3", here / "ours" / "butik.sqlite3")
    values: Values = json.loads(run_child("benchmarks.import_ours", file, environment=chain_environment(here / "ours")))
    assert values["articles"] == values["versions"] == size
    return values


def _floor(here: Path, file: Path) -> Values:
    copy_database(here / "empty" / "butik.sqlite3", here / "floor" / "butik.sqlite3")
    return {"seconds": float(run_child("benchmarks.floors.article_import", here / "floor" / "butik.sqlite3", file))}
