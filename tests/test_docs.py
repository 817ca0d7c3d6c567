"""Documents are held to the code: what they name exists, and what exists is named."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from butik.roles import ROLES
from tests.soak.coverage_faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
TEST = re.compile(r"`([\w/.-]+\.(?:py|ts|tsx))::([^`]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [
        target
        for target in LINK.findall(page.read_text())
        if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_app_has_its_page() -> None:
    apps = {app for role in ROLES.values() for app in role.apps} | {"simulator", "serving", "pos"}
    assert apps - {path.stem for path in (DOCS / "apps").glob("*.md")} == set()


def test_every_app_says_what_it_is_for() -> None:
    for app in {app for role in ROLES.values() for app in role.apps}:
        source = (ROOT / "src" / "butik" / app / "__init__.py").read_text()
        assert len(ast.get_docstring(ast.parse(source)) or "") > 100, app


def test_decisions_are_few_and_numbered_once() -> None:
    """A dozen for the foundation, and at most three for each capability that was added since."""
    numbers = [path.name[:4] for path in sorted((DOCS / "decisions").glob("*.md"))]
    assert len(numbers) == len(set(numbers)) <= 12 + 3 + 3


def coverage_rows() -> Iterator[tuple[str, str, str]]:
    """Row number, file and test of each line of docs/coverage.md."""
    for line in (DOCS / "coverage.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[0].isdigit():
            for file, test in TEST.findall(cells[2]):
                yield cells[0], file, test


def test_every_covered_row_names_a_test_that_exists() -> None:
    rows = list(coverage_rows())
    assert len(rows) > 20
    missing = [(row, file, test) for row, file, test in rows if not _has_test(ROOT / file, test)]
    assert missing == []


def test_no_row_is_covered_by_nothing() -> None:
    lines = [line for line in (DOCS / "coverage.md").read_text().splitlines() if re.match(r"\| *\d+ *\|", line)]
    assert [line for line in lines if not TEST.search(line)] == []


def test_every_row_has_a_fault_that_can_still_be_planted() -> None:
    """Whether its test turns red is seen by `make soak`."""
    named = {(row, f"{file}::{test}") for row, file, test in coverage_rows()}
    assert {row for row, _ in named} == {str(row) for row in FAULTS}
    assert {(str(row), fault.test) for row, fault in FAULTS.items()} - named == set()
    assert {row: fault.old for row, fault in FAULTS.items() if fault.stands != 1} == {}


def _has_test(path: Path, name: str) -> bool:
    if not path.exists():
        return False
    source = path.read_text()
    return re.search(rf"def {re.escape(name)}\b", source) is not None or f"'{name}'" in source or f'"{name}"' in source


def test_the_changelog_names_this_version() -> None:
    from butik import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
