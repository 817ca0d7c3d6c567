"""Every setting is documented, and every documented setting exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READ = re.compile(r"\b(?:text|flag|origin|folder|time_zone|mail_server|sender)\(\s*\"(BUTIK_[A-Z_]+)\"")
DOCUMENTED = re.compile(r"^\| `(BUTIK_[A-Z_]+)` \|", re.MULTILINE)


def test_settings_and_their_page_name_the_same() -> None:
    sources = [path for path in (ROOT / "src" / "butik").rglob("*.py") if "tests" not in path.parts]
    read = {name for path in sources for name in READ.findall(path.read_text())}
    documented = DOCUMENTED.findall((ROOT / "docs" / "settings.md").read_text())
    assert len(read) > 10
    assert sorted(read) == sorted(documented)


def test_settings_are_read_by_the_two_helpers_alone() -> None:
    """So that none escapes the test above, and each may be a file."""
    reads = re.compile(r"environ(?:\.get)?[\[(]\s*f?\"BUTIK_|getenv\(\s*\"BUTIK_")
    for path in (ROOT / "src" / "butik").rglob("*.py"):
        if "tests" not in path.parts and "simulator" not in path.parts:
            assert not reads.search(path.read_text()), path
