"""What a device must not lose: its signed records. Files of lines, 0600.

`journal.jsonl` holds what no service has answered for; `sent.jsonl` the newest of what one has, for a service that is
put back to an older state.
"""

import os
from pathlib import Path

from butik.lib.bounds import KEEP_SENT
from butik.lib.files import replace_file


class Journal:
    """`unsent` in order, and what was `sent` before it. What is appended is on disk when `append` returns."""

    def __init__(self, path: Path) -> None:
        self._path, self._sent_path = path, path.with_name("sent.jsonl")
        self.unsent, self.sent = _read(path), _read(self._sent_path)

    def append(self, documents: list[str]) -> None:
        _append(self._path, documents)
        self.unsent += documents

    def forget(self, count: int) -> None:
        """The first `count` were answered for: they are kept apart."""
        answered = self.unsent[:count]
        _append(self._sent_path, answered)
        self.sent += answered
        del self.unsent[:count]
        if len(self.sent) > 2 * KEEP_SENT:
            self.sent = self.sent[-KEEP_SENT:]
            replace_file(self._sent_path, _lines(self.sent))

    def take_back(self, documents: list[str]) -> None:
        """They were answered for, and are gone where they were: they wait again, before what waits already."""
        self.unsent = documents + self.unsent
        replace_file(self._path, _lines(self.unsent))
        lost = set(documents)
        self.sent = [each for each in self.sent if each not in lost]
        replace_file(self._sent_path, _lines(self.sent))

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)


def _append(path: Path, documents: list[str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        file.write(_lines(documents))
        file.flush()
        os.fsync(file.fileno())


def _lines(documents: list[str]) -> bytes:
    return "".join(document + "\n" for document in documents).encode()


def _read(path: Path) -> list[str]:
    if not path.exists():
        return []
    # a last line without its end was never acknowledged to anybody: the sale did not happen
    return [line.strip() for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
