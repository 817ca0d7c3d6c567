"""The POS app built once more, with its source changed: the next version, or a fault that a test must find."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from tools.npm import npm

ROOT = Path(__file__).resolve().parents[2]
Edit = tuple[str, str, str]  # file below pos/, what is replaced there, and by what


def build_app(folder: Path, edits: Iterable[Edit]) -> Path:
    """Build a changed copy of the app in `folder`, and return where its files are."""
    pos = folder / "pos"
    shutil.copytree(ROOT / "pos", pos, ignore=shutil.ignore_patterns("node_modules", "test"))
    for name in ("node_modules", "pos/node_modules"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    for name, old, new in edits:
        source = (pos / name).read_text()
        assert source.count(old) == 1, f"{name} no longer has {old!r}"
        (pos / name).write_text(source.replace(old, new))
    npm("--silent", "exec", "--prefix", str(pos), "--", "vite", "build", str(pos), "--logLevel", "error")
    return folder / "src" / "butik" / "pos_app"
