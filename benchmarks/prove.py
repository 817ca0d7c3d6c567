"""Receiving and proving the backup of a 45 MB store, beside decrypting, unpacking and checking all of that store.

The floor gets what the floor of making a backup makes of the same store: all of it. Ours is what an emergency needs.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
import zstandard

from benchmarks.backup import ARTICLES
from benchmarks.figures import Figure, Values, interleave
from benchmarks.services import ROOT, copy_database, folder, run_child
from benchmarks.store_service import store_service
from butik.simulator.demo.processes import clean_environment


def measure() -> Iterator[Figure]:
    with folder() as here, prover(here, ARTICLES) as process:
        whole = seal_store(here)
        assert process.stdin is not None
        assert process.stdout is not None

        def ours() -> Values:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            told: Values = json.loads(process.stdout.readline())
            return told

        def floor() -> Values:
            arguments = (here / "whole", here / "identity", here)
            return {"seconds": float(run_child("benchmarks.floors.prove", *arguments))}

        first = ours()  # every article version is new
        medians = interleave({"ours": ours, "floor": floor})
        mine, bare = medians["ours"], medians["floor"]
        sizes = [whole, mine["plain_size"], mine["size"]]
        note = "store {:.0f} MB, snapshot {:.0f} MB, sealed {:.1f} MB".format(*(size / 1e6 for size in sizes))
        yield Figure("backup: receive and prove", mine["seconds"], 2, "s", bare["seconds"], note=note)
        yield Figure("backup: receive and prove a chain's first", first["seconds"], 30, "s")


def seal_store(here: Path) -> int:
    """Seal the whole database of a store with as many articles, by the bare libraries; return its size in bytes."""
    identity = pyrage.x25519.Identity.generate()
    (here / "identity").write_text(str(identity))
    with store_service(here / "store", articles=ARTICLES, tills=1) as store:
        plain = here / "plain.sqlite3"
        copy_database(store.data / "butik.sqlite3", plain)
    packed = zstandard.ZstdCompressor(level=1).compress(plain.read_bytes())
    (here / "whole").write_bytes(pyrage.encrypt(packed, [identity.to_public()]))
    return plain.stat().st_size


@contextmanager
def prover(here: Path, articles: int) -> Iterator["subprocess.Popen[str]"]:
    environment = {"BUTIK_ROLE": "emergency", "BUTIK_DATA": str(here / "emergency")}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.backup_prover", str(articles), str(here)],
        env=clean_environment() | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"} | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    for figure in measure():
        print(figure.line(), flush=True)
