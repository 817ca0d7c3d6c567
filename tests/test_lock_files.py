"""The locks pin every package by its hash, and name no address: any mirror of a registry will do."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NPM_LOCKS = (ROOT / "package-lock.json", ROOT / "pos" / "mutants" / "package-lock.json")
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_it_names_no_address(path: Path) -> None:
    assert "://" not in path.read_text()
    assert "--index-url" not in path.read_text()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.stem)
def test_it_pins_every_package_by_hash(path: Path) -> None:
    packages = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
    assert packages
    assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == []


@pytest.mark.parametrize("path", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_npm_packages_have_a_hash_and_no_address(path: Path) -> None:
    assert "://" not in path.read_text()
    lock = json.loads(path.read_text())["packages"]
    workspaces = {"", "pos", "pages", "node_modules/butik-pos", "node_modules/butik-pages"}
    packages = {name: package for name, package in lock.items() if name not in workspaces}
    assert packages
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []


def test_versions_agree_between_the_locks() -> None:
    """A service runs with what was tested."""
    tested = _versions(ROOT / "requirements" / "dev.txt")
    for path in REQUIREMENTS:
        assert {name: tested[name] for name in _versions(path)} == _versions(path)


def _versions(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==(\S+)", path.read_text(), re.MULTILINE))
