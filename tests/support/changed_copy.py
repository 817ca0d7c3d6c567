"""A copy of the source in which a fault is planted, and in which one test is run: it must notice."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tools.npm import npm

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("src", "tests", "tools", "docs", "conftest.py", "pyproject.toml", "package.json", "hatch_build.py")
LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__", ".pytest_cache")
# What a test says first when it notices. A name, an import or a fixture that breaks says nothing about a row.
NOTICED = re.compile(r"AssertionError|assert |Failed: |\S+\.DoesNotExist|\S*TimeoutError|Error: ")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a person would do by mistake: one place of a file, and a test of the row that turns red for it."""

    file: str
    old: str
    new: str
    test: str  # file::name, as in docs/coverage.md

    @property
    def stands(self) -> int:
        return (ROOT / self.file).read_text().count(self.old)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_red`: the test itself has failed, by what it asserts."""

    ran: int
    is_green: bool
    is_red: bool
    said: str


@dataclass(frozen=True, slots=True)
class ChangedCopy:
    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "ChangedCopy":
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=LEFT_OUT)
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, folder / name)
        shutil.copytree(ROOT / "pos", folder / "pos", ignore=LEFT_OUT)
        for name in ("node_modules", "pos/node_modules", ".venv"):
            if (ROOT / name).exists():
                (folder / name).symlink_to(ROOT / name)
        return cls(folder)

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[None]:
        path, app = self.folder / fault.file, self.folder / "src/butik/pos_app"
        whole = path.read_text()
        path.write_text(whole.replace(fault.old, fault.new))
        is_built = fault.file.startswith("pos/") and fault.test.partition("::")[0].endswith(".py")
        try:
            if is_built:  # a browser sees what was built
                pos = self.folder / "pos"
                npm("--silent", "exec", "--prefix", str(pos), "--", "vite", "build", str(pos), "--logLevel", "error")
            yield
        finally:
            path.write_text(whole)
            if is_built:
                shutil.rmtree(app)
                shutil.copytree(ROOT / "src/butik/pos_app", app)

    def run(self, *tests: str) -> Outcome:
        """Tests of one kind: of pytest, or of vitest."""
        return self._vitest(tests) if tests[0].partition("::")[0].endswith(".ts") else self._pytest(tests)

    def _pytest(self, tests: Sequence[str]) -> Outcome:
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("BUTIK_", "PYTEST_"))}
        environment |= {"PYTHONPATH": f"{self.folder / 'src'}:{self.folder}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *tests],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if not report.exists():
            return Outcome(0, is_green=False, is_red=False, said=done.stdout[-1500:] + done.stderr[-500:])
        cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 - pytest has just written it
        return _pytest_outcome(list(cases))

    def _vitest(self, tests: Sequence[str]) -> Outcome:
        report, pos = self.folder / "report.json", self.folder / "pos"
        report.unlink(missing_ok=True)
        files = {each.partition("::")[0].removeprefix("pos/") for each in tests}
        names = "|".join(re.escape(each.partition("::")[2]) for each in tests)
        call = ("exec", "--prefix", str(pos), "--", "vitest", "run", "--root", str(pos), *sorted(files), "-t", names)
        with suppress(subprocess.CalledProcessError):  # what has failed stands in the report
            npm("--silent", *call, "--reporter=json", f"--outputFile={report}")
        if not report.exists():
            return Outcome(0, is_green=False, is_red=False, said="vitest has written nothing")
        return _vitest_outcome(json.loads(report.read_text()))


def _pytest_outcome(cases: list[ET.Element]) -> Outcome:
    failures = [str(each.get("message")) + (each.text or "")[-3000:] for case in cases for each in case.iter("failure")]
    errors = [str(each.get("message")) for case in cases for each in case.iter("error")]
    ran = len([case for case in cases if case.find("skipped") is None])
    noticed = bool(failures) and not errors and all(NOTICED.match(each) for each in failures)
    said = "\n".join([*failures, *errors])[:1500]
    return Outcome(ran, is_green=bool(ran) and not failures and not errors, is_red=noticed, said=said)


def _vitest_outcome(report: Any) -> Outcome:
    cases = [case for suite in report["testResults"] for case in suite["assertionResults"]]
    ran = [case for case in cases if case["status"] in {"passed", "failed"}]
    failures = [message for case in ran for message in case["failureMessages"]]
    noticed = bool(failures) and all(NOTICED.match(each) for each in failures)
    return Outcome(len(ran), is_green=bool(ran) and not failures, is_red=noticed, said="\n".join(failures)[:1500])
