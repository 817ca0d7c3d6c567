"""What a device may sign is what every service can read: hostile.json, which the POS app's tests read too."""

import json
from typing import Any

from butik.lib.outside import BadDocument
from butik.sales.wire import SALE, decode_content
from tests.vectors.make_hostile import TARGET, TEXTS, cases, with_member

VECTORS: dict[str, Any] = json.loads(TARGET.read_text()) if TARGET.exists() else {"cases": []}


def is_readable(sale: dict[str, Any]) -> bool:
    try:
        decode_content(SALE, json.dumps(sale, ensure_ascii=False).encode())
    except BadDocument:
        return False
    return True


def test_it_reads_what_the_vectors_say() -> None:
    said = {case["name"]: is_readable(with_member(case["path"], case["value"])) for case in VECTORS["cases"]}
    assert said == {case["name"]: case["readable"] for case in VECTORS["cases"]}
    assert {True, False} == set(said.values())


def test_the_vectors_are_what_the_generator_says() -> None:
    assert [case["name"] for case in VECTORS["cases"]] == [case["name"] for case in cases()]


def test_every_letter_counts_as_its_code_points_up_to_the_edge() -> None:
    said = {case["name"]: case["readable"] for case in VECTORS["cases"]}
    for path, most in TEXTS.items():
        for letter in ("plain", "emoji", "family", "decomposed"):
            assert (said[f"{path}: {letter} × {most}"], said[f"{path}: {letter} × {most + 1}"]) == (True, False)
