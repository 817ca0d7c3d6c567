"""`python -m benchmarks`: run all figures or one, print a line for each, exit 1 when one falls short."""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import HEADING, Figure, write_json

# Name (of the module too) to what it measures, cheapest first.
BENCHMARKS = {
    "price_file": "size of a price file, and a warm start of the POS app with it",
    "scan": "from the scanner to the line on the screen",
    "restart": "from a SIGKILL to an answer",
    "barcode": "article by barcode over HTTP",
    "sale": "a sale of 10 lines over HTTP into a store on SQLite",
    "sale_postgres": "the same into a store on PostgreSQL",
    "backup": "a backup of a store, and what sales notice of it",
    "prove": "receiving and proving a backup at the emergency cloud",
    "article_import": "articles from a file",
    "ingestion": "sales of 100 stores into the chain",
    "recovery": "20,000 emergency sales come home to a store on PostgreSQL",
    "dashboard": "from the receipt to the dashboard's figure, and the services' memory",
    "emergency": "from the activation's confirmation to the first emergency sale",
    "fresh_clone": "from a fresh clone to the demo's table",
}
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, help="run one of them")
    options = parser.parse_args()
    figures: list[Figure] = []
    print(HEADING, flush=True)
    with other_words_aside(RESULTS / "words.log"):
        for name in [options.only] if options.only else BENCHMARKS:
            measure = importlib.import_module(f"benchmarks.{name}").measure
            for figure in measure():
                figures.append(figure)
                print(figure.line(), flush=True)
    path = RESULTS / f"{time.strftime('%Y-%m-%dT%H-%M-%S')}.json"
    write_json(figures, path)
    short = [each.name for each in figures if not each.is_ok]
    print(f"\n{len(figures) - len(short)} of {len(figures)} figures reach their goal; {path.relative_to(Path.cwd())}")
    return 1 if short else 0


@contextmanager
def other_words_aside(path: Path) -> Iterator[None]:
    """What the measured programs log and how far they are goes into a file; its end is shown when one of them fails."""
    path.parent.mkdir(exist_ok=True)
    screen = os.dup(2)
    with path.open("wb") as file:
        os.dup2(file.fileno(), 2)  # whatever is started inherits it
    try:
        yield
    except BaseException:
        os.write(screen, b"\n".join(path.read_bytes().splitlines()[-30:]) + b"\n")
        raise
    finally:
        os.dup2(screen, 2)
        os.close(screen)


if __name__ == "__main__":
    sys.exit(main())
