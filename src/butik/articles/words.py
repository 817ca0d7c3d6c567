"""What is said to people about a file: kept as it was written in the source, told in the reader's own language."""

from dataclasses import dataclass, field

import msgspec
from django.utils.translation import gettext

LONGEST_VALUE = 40


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the catalogue (marked by gettext_noop where it stands) and the values in it."""

    message: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.message) % self.values

    def packed(self) -> str:
        return msgspec.json.encode([self.message, self.values]).decode()

    @classmethod
    def unpacked(cls, text: str) -> "Said":
        message, values = msgspec.json.decode(text)
        return cls(message, values)


def say(message: str, **values: object) -> Said:
    return Said(message, {name: shown(str(value)) for name, value in values.items()})


def shown(value: str) -> str:
    """A value out of a file, fit to be shown: short, and without what would act on a screen or a database."""
    short = value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…"
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in short)


class Refusal(Exception):
    """A row that cannot be taken; the others go on."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.said = say(message, **values)


class FileProblem(Exception):
    """A file that cannot be imported at all."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.said = say(message, **values)

    def __str__(self) -> str:
        return str(self.said)
