"""For each row of docs/coverage.md a fault is planted, and the row's test turns red by what it asserts."""

from pathlib import Path

import pytest

from tests.soak.coverage_faults import FAULTS
from tests.support.changed_copy import ChangedCopy
from tests.support.figures import Figures

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ChangedCopy:
    """A copy in which every test of the table is green before anything is changed."""
    made = ChangedCopy.make(tmp_path_factory.mktemp("copy") / "butik")
    tests = sorted({each.test for each in FAULTS.values()})
    for kind in (".ts", ".py"):
        outcome = made.run(*(each for each in tests if each.partition("::")[0].endswith(kind)))
        assert outcome.is_green, outcome.said
    return made


@pytest.mark.parametrize("row", FAULTS)
def test_the_row_s_test_turns_red(row: int, copy: ChangedCopy, figures: Figures) -> None:
    fault = FAULTS[row]
    with copy.planted(fault):
        outcome = copy.run(fault.test)
    assert outcome.is_red, f"{fault.test} says nothing of it: {outcome}"
    figures(red=outcome.ran)


def test_the_copy_is_what_is_tested(copy: ChangedCopy, tmp_path: Path, figures: Figures) -> None:
    """A fault that breaks the import is noticed by no test: it is no proof."""
    fault = FAULTS[3]
    path = copy.folder / fault.file
    whole = path.read_text()
    path.write_text("import nothing_of_this_name\n" + whole)
    try:
        outcome = copy.run(fault.test)
        figures(ran=outcome.ran)
        assert not outcome.is_red
    finally:
        path.write_text(whole)
