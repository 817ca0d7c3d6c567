"""Receiving and proving a backup at the emergency cloud, beside decrypting, unpacking and checking the same file."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure, Values, interleave
from benchmarks.services import ROOT, folder, run_child
from butik.simulator.demo.processes import clean_environment

ARTICLES = 50_000  # of a store of 45 MB


def measure() -> Iterator[Figure]:
    with folder() as here, prover(here, ARTICLES) as process:
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
            arguments = (here / "sealed", here / "identity", here)
            return {"seconds": float(run_child("benchmarks.floors.prove", *arguments))}

        first = ours()  # every article version is new
        medians = interleave({"ours": ours, "floor": floor})
        mine, bare = medians["ours"], medians["floor"]
        note = f"{ARTICLES} articles, {mine['plain_size'] / 1e6:.0f} MB, sealed {mine['size'] / 1e6:.1f} MB"
        yield Figure("backup: receive and prove", mine["seconds"], 2, "s", bare["seconds"], note=note)
        yield Figure("backup: receive and prove a chain's first", first["seconds"], 30, "s")


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
