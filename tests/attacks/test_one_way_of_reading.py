"""JSON is read by lib/outside.py alone, which bounds its size and depth, and has one error for whatever is wrong.

A module that decodes by itself is named here with what it reads, or it fails the build.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "butik"

# What this service wrote itself, and nobody else can write.
OWN_WORDS = {
    "articles/words.py": "a column of its own rows",
    "emergency/waiting.py": "a column of its own rows",
    "sales/quota.py": "a column of its own rows",
    "serving/founding.py": "its own file beside the database",
    "lib/integrity.py": "its own file beside the database",
    "vault/actions.py": "a column that the examination has written",
    "vault/inside.py": "the order of the process that started it",
    "vault/judging.py": "columns that the examination has written",
}
PLAIN = {"msgspec.json.decode", "json.loads", "json.load"}
DECODER = "msgspec.json.Decoder"


def decodings(source: str) -> Iterator[int]:
    """Lines that decode JSON without the bounds: by a function, or by a decoder's own method."""
    if "json" not in source:
        return
    tree = ast.parse(source)
    decoders = {
        target.id
        for node in ast.walk(tree)
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name) and isinstance(value := getattr(node, "value", None), ast.Call)
        if ast.unparse(value.func) == DECODER
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in PLAIN:
            yield node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield from [node.lineno for each in node.names if f"{node.module}.{each.name}" in PLAIN]
        elif isinstance(node, ast.Attribute) and node.attr in {"decode", "decode_lines"}:
            owner = ast.unparse(node.value)
            if owner in decoders or owner.startswith(f"{DECODER}("):
                yield node.lineno


def test_nothing_from_outside_is_decoded_otherwise() -> None:
    found = {
        f"{path.relative_to(SOURCE)}": list(decodings(path.read_text()))
        for path in sorted(SOURCE.rglob("*.py"))
        if not {"tests", "simulator"} & set(path.relative_to(SOURCE).parts)
    }
    assert len(found) > 200
    assert {name for name, lines in found.items() if lines} == set(OWN_WORDS)


@pytest.mark.parametrize(
    "source",
    [
        "import json\nsaid = json.loads(body)",
        "from json import loads\nsaid = loads(body)",
        "said = msgspec.json.decode(body, type=Offer)",
        "read = msgspec.json.Decoder(Offer).decode",
        "_OFFER = msgspec.json.Decoder(Offer)\nsaid = _OFFER.decode(body)",
        "_OFFER: 'msgspec.json.Decoder[Offer]' = msgspec.json.Decoder(Offer)\nread = map(_OFFER.decode, bodies)",
    ],
)
def test_each_way_around_would_be_found(source: str) -> None:
    assert list(decodings(source))


def test_other_decoding_is_not_meant() -> None:
    assert not list(decodings("_OFFER = msgspec.json.Decoder(Offer)\nx = read_json(body, _OFFER)\ny = body.decode()"))
