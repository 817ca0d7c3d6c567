"""Real public data that nobody in the project wrote; it lies outside the repository, and tests skip without it."""

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
FOLDER = Path(os.environ.get("BUTIK_REAL_INPUT") or SHARED / "data")


def real_file(name: str) -> Path:
    """A data set's file, e.g. `off_articles`; the test is skipped where it is missing."""
    path = FOLDER / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is not here (BUTIK_REAL_INPUT names its folder)")
    return path


def field_case(name: str) -> Path:
    """A file or a list of cases that another shop's system stumbled over; the test is skipped where it is missing."""
    path = SHARED / "field-cases" / name
    if not path.exists():
        pytest.skip(f"the field case {name} is not beside this checkout")
    return path


def real_rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(real_file(name), "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
