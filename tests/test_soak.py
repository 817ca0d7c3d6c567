"""Every endurance test says what it counted, and counted what it says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def is_soak(node: ast.AST) -> bool:
    return "mark.soak" in ast.unparse(node)


def soak_tests() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted([*ROOT.glob("tests/**/test_*.py"), *ROOT.glob("src/**/test_*.py")]):
        if path == Path(__file__) or "mark.soak" not in path.read_text():
            continue
        body = ast.parse(path.read_text()).body
        is_whole = any(isinstance(node, ast.Assign) and is_soak(node) for node in body)  # pytestmark
        for node in body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if is_whole or any(is_soak(each) for each in node.decorator_list):
                yield f"{path.relative_to(ROOT)}::{node.name}", node


@pytest.mark.parametrize(("name", "test"), list(soak_tests()))
def test_it_prints_what_it_counted(name: str, test: ast.FunctionDef) -> None:
    said = [
        node
        for node in ast.walk(test)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "figures"
    ]
    assert said, f"{name} prints no figures"
    uncounted = [each.arg for call in said for each in call.keywords if isinstance(each.value, ast.Constant)]
    assert uncounted == [], f"{name} says {uncounted}, and has not counted them"
