"""kill -9 at every boundary of a recovery, and the way once more: the same end (truth 13, RT-17)."""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, decode
from butik.recovery.tests.fake_cloud import KEY, FakeCloud, running_cloud
from tests.support.figures import Figures

pytestmark = pytest.mark.slow


@dataclass
class Walker:
    process: "subprocess.Popen[str]"

    def ask(self, folder: Path, do: str, **more: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, "folder": str(folder), **more}) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "error" not in said, said.get("error")
        return said


@dataclass
class Case:
    """A store before its recovery, and the emergency that waits for it."""

    walker: Walker
    template: Path
    fake: FakeCloud
    saved: dict[str, Any]
    count: int = 0

    def begin(self) -> Path:
        """A fresh copy of the store; the emergency as it was."""
        self.fake.__dict__.update(copy.deepcopy(self.saved))
        self.count += 1
        folder = self.template.parent / f"case-{self.count}"
        shutil.copytree(self.template, folder)
        return folder

    def walk(self, folder: Path, **more: Any) -> dict[str, Any]:
        return self.walker.ask(folder, "walk", key=KEY, **more)

    def books(self, folder: Path) -> str:
        books: str = self.walker.ask(folder, "books")["books"]
        shutil.rmtree(folder)
        return books


class ClosingCloud(FakeCloud):
    """Its devices close their series as soon as they are stopped."""

    closings: tuple[str, ...] = ()

    def _release(self, query: object, said: object, key: bytes) -> Any:
        if self.open_devices:
            self.records += [(each, self.records[0][1]) for each in self.closings]
            self.open_devices = []
        return super()._release(query, said, key)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("way-home")
    template = folder / "store"
    template.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BUTIK_", "DJANGO_"))}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.recovery.way_home"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=kept
        | {"BUTIK_ROLE": "store", "BUTIK_DATA": str(template), "DJANGO_SETTINGS_MODULE": "butik.settings"}
        | {"PYTHONPATH": os.pathsep.join((str(Path.cwd()), str(Path.cwd() / "src")))},
    )
    try:
        walker = Walker(process)
        told = walker.ask(template, "found")
        root = SigningKey.from_bytes(decode(told["root"]))
        fake = ClosingCloud(UUID(told["org"]), UUID(told["chain"]), UUID(told["store"]), root.public)
        fake.page = 4
        with running_cloud(fake):
            tills = [fake.assign(SigningKey.generate(), new_id(), told["pos"], label) for label in ("E1", "E2")]
            for till in tills:
                fake.receive(till.opening(reason="EMERGENCY"), *(till.sale() for _ in range(4)))
            fake.closings = tuple(till.closing(reason="RELEASED") for till in tills)
            walker.ask(template, "pair", pairing=fake.pairing(root))
            yield Case(walker, template, fake, copy.deepcopy(fake.__dict__))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_at_its_boundaries(case: Case, every: int, figures: Figures) -> None:
    """The commit tier takes every fifth, `make soak` all of them."""
    folder = case.begin()
    straight = case.walk(folder)
    assert straight["state"] == "RECOVERED"
    expected = case.books(folder)
    assert straight["boundaries"] >= 30
    seen: Counter[str] = Counter()
    for kill_at in range(1, straight["boundaries"] + 1, every):
        folder = case.begin()
        assert case.walk(folder, kill_at=kill_at) == {"killed": 9}, kill_at
        again, books = case.walk(folder), case.books(folder)
        seen.update(kills=1, stuck=again["state"] != "RECOVERED", books_that_differ=books != expected)
        figures(**seen)
        assert again["state"] == "RECOVERED", kill_at
        assert books == expected, kill_at


def test_a_cursor_that_went_ahead_alone_is_noticed(case: Case) -> None:
    """The planted fault: killed between a cursor and its records, a store would lose them."""
    folder = case.begin()
    straight = case.walk(folder, fault=True)
    expected = case.books(folder)
    ends = set()
    for kill_at in range(7, straight["boundaries"] + 1):
        folder = case.begin()
        case.walk(folder, kill_at=kill_at, fault=True)
        with suppress(AssertionError):
            ends.add((case.walk(folder)["state"], case.books(folder) == expected))
        if ("RELEASED", False) in ends:
            return
    raise AssertionError(f"nobody noticed: {ends}, {datetime.now(UTC)}")
