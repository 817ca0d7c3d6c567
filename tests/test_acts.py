"""Every verb of the audit log has words, is written by the code, and is shown with its line and its effect.

Each app shows its own acts, through the door by which a person or a machine does them, in `tests/test_acts.py` of the
app; `told` is what asserts the line.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from butik.audit_log.acts import ACTS

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/butik"
APPS = "|".join(path.name for path in SOURCE.iterdir() if (path / "apps.py").exists())
VERB = re.compile(rf"(?:{APPS})\.[a-z_]+\.[a-z_]+")
STEM = re.compile(rf"(?:{APPS})\.[a-z_]+\.")  # the verb itself is filled in: f"approvals.request.{verb}"
SHOWING = {"told", "told_each"}


def trees(paths: Iterator[Path]) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text()))


def product() -> Iterator[Path]:
    return (path for path in SOURCE.rglob("*.py") if "tests" not in path.parts and path.name != "acts.py")


def written() -> tuple[set[str], set[str]]:
    """Verbs that the code names, and stems of those that it puts together."""
    verbs, stems = set(), set()
    for node in trees(product()):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            stems.add(str(node.values[0].value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            verbs.add(node.value)
    return {each for each in verbs if VERB.fullmatch(each)}, {each for each in stems if STEM.fullmatch(each)}


def shown() -> set[str]:
    """Verbs that a test asserts. It names each in full: one that is put together is not counted."""
    return {
        str(node.args[0].value)
        for node in trees(SOURCE.rglob("tests/test_acts.py"))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWING
        if isinstance(node.args[0], ast.Constant)
    }


def test_every_verb_is_shown_with_its_line_and_effect() -> None:
    assert set(ACTS) - shown() == set()
    assert shown() - set(ACTS) == set()


def test_every_verb_that_is_written_has_words_and_the_other_way_round() -> None:
    verbs, stems = written()
    put_together = {each for each in ACTS if any(each.startswith(stem) for stem in stems)}
    assert verbs - set(ACTS) == set()
    assert {stem for stem in stems if not any(each.startswith(stem) for each in ACTS)} == set()
    assert set(ACTS) - verbs - put_together == set()
