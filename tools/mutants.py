"""How much of a change in the pure cores the tests notice: mutmut on Python, Stryker on TypeScript (docs/mutants.md).

python tools/mutants.py                  all cores, one line each; exit 1 when one is below the goal
python tools/mutants.py --only sync      those whose path has the word in it
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL = 90  # percent
AT_ONCE = "2"

PYTHON_CORES = (
    "src/butik/sync/core.py",
    "src/butik/sales/journal.py",
    "src/butik/pricing/",
    "src/butik/vault/choice.py",
    "src/butik/recovery/comparison.py",
    "src/butik/organisation/proofs.py",
)
POS_CORES = ("pos/src/shop/", "pos/src/wire/")

# mutmut's exit codes of a mutant's tests. It calls 3 killed too: pytest itself broke, so no test has said anything.
MUTMUT = {1: "Killed", 36: "Timeout", 24: "Timeout", -24: "Timeout", 152: "Timeout", 255: "Timeout"}
NO_MUTANTS = {"Ignored", "CompileError", "RuntimeError"}  # Stryker's word for what never ran


@dataclass(frozen=True)
class Score:
    core: str
    killed: int
    timeout: int
    survived: int

    @property
    def percent(self) -> float:
        """One that never ends is noticed too. One that no test has run has survived, as has one that broke pytest."""
        made = self.killed + self.timeout + self.survived
        return 100 * (self.killed + self.timeout) / made if made else 0

    @property
    def is_short(self) -> bool:
        return self.percent < GOAL

    def __str__(self) -> str:
        figures = f"{self.killed:>5} killed {self.survived:>4} survived {self.timeout:>3} timeout"
        return f"{self.core:<33} {figures} {self.percent:>6.1f} %  goal {GOAL} %  {'SHORT' if self.is_short else 'ok'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD")
    only = parser.parse_args().only
    python, pos = ([core for core in cores if only in core] for cores in (PYTHON_CORES, POS_CORES))
    if not python and not pos:
        print(f"No core has {only!r} in its path: {', '.join(PYTHON_CORES + POS_CORES)}")
        return 2
    scores: list[Score] = []
    if python:
        run_mutmut(python)
        scores += [score_of(core, read_mutmut(core)) for core in python]
    if pos:
        run_stryker(pos)
        scores += [score_of(core, read_stryker(core)) for core in pos]
    print()
    for score in scores:
        print(score)
    return 1 if any(score.is_short for score in scores) else 0


def score_of(core: str, ends: Iterable[str]) -> Score:
    count = Counter(ends)
    survived = sum(number for end, number in count.items() if end not in {"Killed", "Timeout", *NO_MUTANTS})
    return Score(core, count["Killed"], count["Timeout"], survived)


def run_mutmut(cores: Sequence[str]) -> None:
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # what it found before may be of other tests
    names = [core.removeprefix("src/").removesuffix(".py").replace("/", ".") + "*" for core in cores]
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", AT_ONCE, *names], cwd=ROOT, check=True)


def read_mutmut(core: str) -> list[str]:
    folder = ROOT / "mutants"
    notes = [path for path in folder.rglob("*.py.meta") if path.relative_to(folder).as_posix().startswith(core)]
    codes = [code for path in notes for code in json.loads(path.read_text())["exit_code_by_key"].values()]
    return [MUTMUT.get(code, "Survived") for code in codes]


def run_stryker(cores: Sequence[str]) -> None:
    npm = [sys.executable, str(ROOT / "tools" / "npm.py"), "--silent", "--prefix", "pos/mutants"]
    places = ",".join(f"{core}*.ts" for core in cores)
    subprocess.run([*npm, "run", "mutants", "--", "--mutate", places], cwd=ROOT, check=True)


def read_stryker(core: str) -> list[str]:
    files = json.loads((ROOT / "pos" / "mutants" / "report.json").read_text())["files"]
    return [mutant["status"] for name, file in files.items() if name.startswith(core) for mutant in file["mutants"]]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
