"""`make audit` fails for what is known, and never takes silence for an answer."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def load() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "tools" / "audit.py"
    spec = importlib.util.spec_from_file_location("tools_audit", path)
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audit = load()
CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
WEAK = {"name": "pillow", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.0"]}]}
SKIPPED = {"name": "uv", "skip_reason": "Dependency not found on PyPI and could not be audited: uv (0.13.9)"}
NPM: dict[str, Any] = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {"dependencies": {"total": 90}}}
WEAK_NPM = NPM | {"vulnerabilities": {"vite": {"range": "<9", "severity": "high"}}}
REFUSED_NPM = {"message": "405 Method Not Allowed - POST /-/npm/v1/security/advisories/bulk"}
NO_NETWORK_NPM = {"error": {"code": "ENOTFOUND", "summary": "getaddrinfo ENOTFOUND"}}


def python(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def run(monkeypatch: pytest.MonkeyPatch, python_report: str, npm_report: object) -> int:
    monkeypatch.setattr(
        audit, "ask_python", lambda lock: audit.read_python_report(python_report, "ConnectionError: no")
    )
    monkeypatch.setattr(audit, "ask_npm", lambda folder: audit.read_npm_report(json.dumps(npm_report)))
    status: int = audit.main()
    return status


def test_nothing_known_is_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, python(CLEAN), NPM) == 0
    assert "NOT REACHED" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("python_report", "npm_report", "said"),
    [
        (python(CLEAN, WEAK), NPM, "pillow 1.0: PYSEC-1, mended in 2.0"),
        (python(CLEAN), WEAK_NPM, "vite <9: high"),
        (python(CLEAN, SKIPPED), NPM, "uv: the database does not know this version"),
        (python(SKIPPED), WEAK_NPM, "vite <9: high"),  # one that is silent hides nothing of the other
        (python(WEAK), REFUSED_NPM, "PYSEC-1"),
    ],
)
def test_it_fails_for_what_is_known(
    python_report: str,
    npm_report: object,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, python_report, npm_report) == 1
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("python_report", [python(SKIPPED, SKIPPED), python(), "", "Traceback"])
@pytest.mark.parametrize("npm_report", [REFUSED_NPM, NO_NETWORK_NPM, {}])
def test_a_database_that_is_silent_is_said(
    python_report: str, npm_report: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, python_report, npm_report) == 0
    assert capsys.readouterr().out.count("NOT REACHED") == 4
