"""Ask the registries' vulnerability databases about every package in the locks.

    python tools/audit.py

Fails when one is known to be vulnerable. A database that does not answer is no answer: then it says NOT REACHED, for
which of the locks, and fails only for what the others found. Mirrors of a registry often have the packages alone.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON_LOCKS = ("runtime.txt", "dev.txt")  # dev.txt holds what build.txt and uv.txt hold, in the same versions


@dataclass(frozen=True, slots=True)
class Answer:
    asked: int = 0  # packages that the database knows
    findings: Sequence[str] = field(default_factory=tuple)
    unknown: Sequence[str] = field(default_factory=tuple)  # that it does not know, though it knows others

    @property
    def is_fine(self) -> bool:
        return not self.findings and not self.unknown


class NotReached(Exception):
    """The database did not answer, or answered nothing of what was asked."""


def main() -> int:
    answers = [say(lock, ask_python, lock) for lock in PYTHON_LOCKS]
    answers.append(say("package-lock.json", ask_npm, "."))
    answers.append(say("pos/mutants/package-lock.json", ask_npm, "pos/mutants"))
    return 0 if all(answer is None or answer.is_fine for answer in answers) else 1


def say(lock: str, ask: Any, *arguments: str) -> Answer | None:
    try:
        answer: Answer = ask(*arguments)
    except NotReached as error:
        print(f"{lock}: NOT REACHED, nothing was checked ({error})")
        return None
    print(f"{lock}: {answer.asked} packages checked, {len(answer.findings)} weaknesses known")
    for line in answer.findings:
        print(f"  {line}")
    for name in answer.unknown:
        print(f"  {name}: the database does not know this version, so it was not checked")
    return answer


def ask_python(lock: str) -> Answer:
    options = ["--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", "-r", str(ROOT / "requirements" / lock), *options]
    return read_python_report(*_run(command))


def ask_npm(folder: str) -> Answer:
    npm = [sys.executable, str(ROOT / "tools" / "npm.py"), "--silent", "--prefix", folder]
    return read_npm_report(*_run([*npm, "audit", "--json"]))


def _run(command: Sequence[str]) -> tuple[str, str]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


def read_python_report(out: str, trouble: str = "") -> Answer:
    """What pip-audit says. It passes over what the database does not know, and calls that well."""
    packages: list[dict[str, Any]] = _report(out, trouble).get("dependencies", [])
    known = [each for each in packages if "vulns" in each]
    if not known:
        raise NotReached(_first_line(packages[0]["skip_reason"]) if packages else "it named no package")
    findings = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for each in known
        for found in each["vulns"]
    ]
    return Answer(len(known), findings, [each["name"] for each in packages if "vulns" not in each])


def read_npm_report(out: str, trouble: str = "") -> Answer:
    report = _report(out, trouble)
    if "auditReportVersion" not in report:
        raise NotReached(_first_line(str(report.get("message") or report.get("error") or "no report")))
    found: Mapping[str, Mapping[str, Any]] = report["vulnerabilities"]
    lines = [f"{name} {each['range']}: {each['severity']}" for name, each in sorted(found.items())]
    return Answer(report["metadata"]["dependencies"]["total"], lines)


def _report(out: str, trouble: str) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(out)
    except ValueError:
        raise NotReached(_first_line(trouble.strip().splitlines()[-1] if trouble.strip() else "no answer")) from None
    return report


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200]


if __name__ == "__main__":
    sys.exit(main())
