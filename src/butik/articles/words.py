"""What is said to people about a file: kept as it was written in the source, told in the reader's own language."""

from dataclasses import dataclass, field

import msgspec
from django.utils.translation import gettext

LONGEST_VALUE = 40
MOST_VALUES = 30
LONGEST_LABEL = 100


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
    """A message with values out of a file; a list is told one by one."""
    return Said(message, {name: _told(value) for name, value in values.items()})


def _told(value: object) -> str:
    if not isinstance(value, list):
        return shown(str(value))
    return ", ".join([*(shown(str(each)) for each in value[:MOST_VALUES]), *("…" for _ in value[MOST_VALUES:][:1])])


def shown(value: str, longest: int = LONGEST_VALUE) -> str:
    """A value out of a file, fit to be shown: short, and without what would act on a screen or a database."""
    short = value if len(value) <= longest else f"{value[:longest]}…"
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


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question about a file: what is put into the options, and how people see it."""

    value: str
    label: str


class FileQuestion(FileProblem):
    """A file that can be read in more than one way: a person says which, and it goes on.

    `option` is what the answer settles: "columns.price", "decimal", "dates" (import_options.answered).
    """

    def __init__(self, message: str, *, option: str, choices: list[Choice], **values: object) -> None:
        super().__init__(message, **values)
        self.option = option
        self.choices = [Choice(each.value, shown(each.label, LONGEST_LABEL)) for each in choices]

    def packed(self) -> dict[str, object]:
        choices = [{"value": each.value, "label": each.label} for each in self.choices]
        return {"option": self.option, "choices": choices}
