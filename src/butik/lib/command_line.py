"""Arguments of commands. A value that another command printed may begin with "-": base64url does, once in 64.

argparse takes such a value for an option and refuses it, or worse, takes it for one that it knows (`-h…`). So a value
is joined to the option that it follows before argparse looks: `--key -AbC` is `--key=-AbC`, as everybody meant it.
"""

import argparse
from collections.abc import Sequence
from typing import Any


def join_values(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """The arguments, each value that begins with "-" in one word with its option.

    The name of an option is never a value: in `--key --papers FILE` the value of --key is missing, and that is said.
    """
    actions = parser._option_string_actions
    joined: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return [*joined, word, *rest]
        if word in actions and actions[word].nargs is None and rest and rest[0] not in {*actions, "--"}:
            value = rest.pop(0)
            joined += [f"{word}={value}"] if value.startswith("-") and word.startswith("--") else [word, value]
        else:
            joined.append(word)
    return joined


class Parser(argparse.ArgumentParser):
    """Of a command without Django; those of Django get the same from `butik.cli`."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        return super().parse_known_args(args if args is None else join_values(self, args), namespace)
