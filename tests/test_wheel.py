"""The wheel holds all that a shop needs: no Node.js, no translation tools, nothing of ours for tests."""

import subprocess
import sys
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize(
    "part",
    [
        "butik/pos_app/index.html",
        "butik/static/vendor/icons.svg",
        "butik/static/vendor/tabler.min.css",
        "butik/static/vendor/htmx.min.js",
        "butik/static/vendor/chart.umd.min.js",
        "butik/py.typed",
    ],
)
def test_it_holds_what_was_built(wheel: ZipFile, part: str) -> None:
    assert part in wheel.namelist()


def test_it_holds_every_translation_compiled(wheel: ZipFile) -> None:
    sources = [path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("LC_MESSAGES/*.po")]
    assert [source for source in sources if str(source.with_suffix(".mo")) not in wheel.namelist()] == []


def test_it_holds_no_tests(wheel: ZipFile) -> None:
    assert [name for name in wheel.namelist() if "/tests/" in name] == []


def test_it_asks_for_what_the_lock_was_made_from(wheel: ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    asked = Parser().parsestr(wheel.read(metadata).decode()).get_all("Requires-Dist", [])
    lines = (ROOT / "requirements" / "runtime.in").read_text().splitlines()
    assert len(asked) == len([line for line in lines if line and not line.startswith("#")])


def test_it_names_its_licence_and_those_it_carries(wheel: ZipFile) -> None:
    licences = {Path(name).name for name in wheel.namelist() if "LICENSE" in name}
    assert {"LICENSE", "chart.js.LICENSE.txt", "htmx.LICENSE.txt", "tabler-icons.LICENSE.txt"} <= licences
