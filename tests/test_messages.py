"""Every word of the interface has its Danish, with the same places to fill in."""

import re

import pytest
from babel.messages.catalog import Message
from tools.messages import collected, load, po_files

PLACE = re.compile(r"%\(\w+\)[sd]|%[sd]|</?\w+>")
DANISH = load(po_files()["da"], "da")
WORDS = [message for message in collected() if message.id]


def forms(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, tuple | list) else [str(message.string or "")]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: str(word.id)[:60])
def test_it_has_its_danish(word: Message) -> None:
    danish = DANISH.get(word.id if isinstance(word.id, str) else word.id[0], word.context)
    assert danish, "run `make messages`, then translate"
    assert all(forms(danish))
    assert not danish.fuzzy
    english = word.id if isinstance(word.id, str) else word.id[1]
    assert sorted(PLACE.findall(forms(danish)[-1])) == sorted(PLACE.findall(english))


def test_there_are_words() -> None:
    assert len(WORDS) > 300
