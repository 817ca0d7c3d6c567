"""What a long test counted, printed as one table when all are done: a green line alone says nothing about how much.

Also what went wrong is counted, and said before it is judged: a nought that nobody counted would say nothing either.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

Figures = Callable[..., None]
COUNTED = pytest.StashKey[dict[str, dict[str, Any]]]()


def tally(faults: Iterable[str], **words: str) -> dict[str, int]:
    """How many of the faults say each of the words."""
    told = list(faults)
    return {name: sum(word in fault for fault in told) for name, word in words.items()}


def pytest_configure(config: pytest.Config) -> None:
    config.stash[COUNTED] = {}


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """`figures(runs=3, lost=0)`: called again, the newest words count."""
    counted = request.config.stash[COUNTED].setdefault(request.node.nodeid, {})
    return counted.update


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    rows = {test: counted for test, counted in config.stash[COUNTED].items() if counted}
    if not rows:
        return
    terminalreporter.section("figures")
    for test, counted in sorted(rows.items()):
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in counted.items())
        terminalreporter.write_line(f"{test.rpartition('/')[2]}: {said}")
