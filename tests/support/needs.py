"""What a test needs of the machine. Where it is missing the test is skipped and says so; in CI (CI=true) it fails.

CI is a Debian that we set up ourselves: what is missing there has been forgotten, and nobody reads a list of skips.
"""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


def needs_program(name: str, why: str) -> pytest.MarkDecorator:
    return needs(is_here=shutil.which(name) is not None, reason=f"{why}: it needs {name}")


def needs(*, is_here: bool, reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not is_here and not is_ci(), reason=reason)


def miss(reason: str) -> None:
    """For what only shows while the test is being set up."""
    refuse: Callable[[str], Any] = pytest.fail if is_ci() else pytest.skip
    refuse(reason)
